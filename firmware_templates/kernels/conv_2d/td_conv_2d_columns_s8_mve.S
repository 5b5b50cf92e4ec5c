/* Convolution of few input channels, such as a network's first.
 *
 * For each row of outputs, the rows of input under the window go into the scratch memory column by
 * column: the columns of a window then lie one after the other, and what is left is a 1x1
 * convolution over overlapping pixels. A row is spread by scatter stores of 16 bytes; the last
 * bytes of such a store may be those of a pixel that the next one writes again.
 *
 * Constants: DEPTH (bytes of a window), WINDOW_STEP (from one window to the next), COLUMN_BYTES
 * (of one column under the window), CHANNELS, KERNEL_HEIGHT; INPUT_HEIGHT, INPUT_ROW_BYTES;
 * COPIED_WIDTH (pixels of a row that are used), VECTOR_PIXELS (whole ones in 16 bytes), IMAGE_AT
 * (bytes from the scratch memory's start to the image's first column), FILLED_VECTORS, PADDING_TOP,
 * STRIDE_HEIGHT, OUTPUT_HEIGHT, OUTPUT_WIDTH, INPUT_ZERO_POINT, and those of td_mve.inc. */
/* clang-format off */
#include "td_mve.inc"

#define FRAME_SCRATCH (FRAME_KERNEL + 0)
#define FRAME_INPUT (FRAME_KERNEL + 4)     /* the window's first row, if that exists */
#define FRAME_Y (FRAME_KERNEL + 8)         /* its number */
#define FRAME_SPREAD (FRAME_KERNEL + 12)   /* offsets of 16 bytes of a row */
#define FRAME_BYTES 80

#define SOURCE r2
#define COLUMNS r4
#define VECTOR_STEP (VECTOR_PIXELS * COLUMN_BYTES)
#define FARTHEST_BYTE ((15 / CHANNELS) * COLUMN_BYTES + 15 % CHANNELS)

.macro td_window
        td_dot_2x4 DEPTH, 127, 1
.endm

/* The next 16 bytes by \offsets, \further vectors' pixels further than q1, where these still
 * reach; \load: from SOURCE, else what is in q0. */
.macro td_spread_next offsets, further, load
.if (td_x < COPIED_WIDTH) && ((\further) * VECTOR_STEP + FARTHEST_BYTE < 256)
.if (td_x + VECTOR_PIXELS < COPIED_WIDTH) || ((VECTOR_PIXELS * CHANNELS == 16) && (td_x + VECTOR_PIXELS == COPIED_WIDTH))
.if \load
        vldrb.u8 q0, [SOURCE], #(VECTOR_PIXELS * CHANNELS)
.endif
        vstrb.8 q0, [COLUMNS, \offsets]
.else
        movs r0, #((COPIED_WIDTH - td_x) * CHANNELS)
        vctp.8 r0
.if \load
        vpstt
        vldrbt.u8 q0, [SOURCE]
        vstrbt.8 q0, [COLUMNS, \offsets]
.else
        vpst
        vstrbt.8 q0, [COLUMNS, \offsets]
.endif
        .set td_source, td_x * CHANNELS
.endif
        .set td_x, td_x + VECTOR_PIXELS
        .set td_columns, td_columns + VECTOR_STEP
.endif
.endm

/* One row of input into the columns; SOURCE and COLUMNS go on to the next. */
.macro td_spread_row load
        .set td_x, 0
        .set td_moved, 0
        .set td_source, COPIED_WIDTH * CHANNELS
.rept (COPIED_WIDTH + VECTOR_PIXELS - 1) / VECTOR_PIXELS
.if td_x < COPIED_WIDTH
        .set td_columns, 0
        td_spread_next q1, 0, \load
        td_spread_next q2, 1, \load
        td_spread_next q3, 2, \load
        td_spread_next q4, 3, \load
        td_spread_next q5, 4, \load
.if td_x < COPIED_WIDTH
        td_add COLUMNS, td_columns
        .set td_moved, td_moved + td_columns
.endif
.endif
.endr
.if \load
        td_add SOURCE, (INPUT_ROW_BYTES - td_source)
.else
        td_add SOURCE, INPUT_ROW_BYTES
.endif
        td_add COLUMNS, (CHANNELS - td_moved)
.endm

        td_function TD_FUNCTION, FRAME_BYTES
        str r3, [sp, #FRAME_SCRATCH]
        ldr r4, [r0, #8]
        vldrb.u8 q1, [r4]
        add r4, sp, #FRAME_SPREAD
        vstrb.8 q1, [r4]
        td_add_far r1, (-PADDING_TOP * INPUT_ROW_BYTES), r4
        str r1, [sp, #FRAME_INPUT]
        td_set r4, (-PADDING_TOP)
        str r4, [sp, #FRAME_Y]
        vmov.i8 q0, #(INPUT_ZERO_POINT & 0xff)
        td_set lr, FILLED_VECTORS
        dls lr, lr
1:
        vstrb.8 q0, [r3], #16
        le lr, 1b
        td_prepare_2x4
        movw r0, #OUTPUT_HEIGHT
5:
        str r0, [sp, #FRAME_ROWS]
        add r4, sp, #FRAME_SPREAD
        vldrb.u8 q1, [r4]
        movs r0, #VECTOR_STEP
        vadd.i8 q2, q1, r0
        vadd.i8 q3, q2, r0
        vadd.i8 q4, q3, r0
        vadd.i8 q5, q4, r0
        ldrd SOURCE, r6, [sp, #FRAME_INPUT]
        ldr COLUMNS, [sp, #FRAME_SCRATCH]
        td_add_far COLUMNS, IMAGE_AT, r0
        movw COUNT, #KERNEL_HEIGHT
        movw r8, #INPUT_HEIGHT
1:
        cmp r6, r8
        bhs 2f
        td_spread_row 1
        b 3f
2:
        vmov.i8 q0, #(INPUT_ZERO_POINT & 0xff)
        td_spread_row 0
3:
        adds r6, #1
        subs COUNT, #1
        bne 1b
        ldrd SOURCE, r6, [sp, #FRAME_INPUT]
        td_add_far SOURCE, (STRIDE_HEIGHT * INPUT_ROW_BYTES), r0
        td_add_far r6, STRIDE_HEIGHT, r0
        strd SOURCE, r6, [sp, #FRAME_INPUT]
        td_select_lanes DEPTH
        ldr FIRST, [sp, #FRAME_SCRATCH]
        td_row_2x4 OUTPUT_WIDTH, WINDOW_STEP, DEPTH
        ldr r0, [sp, #FRAME_ROWS]
        subs r0, #1
        bne 5b
        td_return TD_FUNCTION, FRAME_BYTES
