/* Convolution of many input channels, four pixels by two channels at a time.
 *
 * The rows of input under the window are kept in the scratch memory, within a border of zero
 * points and with channels filled up to a multiple of 16; a row is copied there once. Pixels that
 * are a stride apart share their loads: the next step to the right under the window needs one new
 * vector for four pixels.
 *
 * Constants: BLOCKS (of 16 channels), CHANNELS; KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_HEIGHT, STRIDE;
 * INPUT_HEIGHT, INPUT_ROW_BYTES, PADDING_TOP; COPIED_WIDTH (pixels of a row that are used),
 * IMAGE_AT (bytes from a row's start to them), ROW_BYTES (of a row in the scratch memory),
 * FILLED_VECTORS (all rows), OUTPUT_HEIGHT, OUTPUT_WIDTH, UNROLLED (not a loop over the rows under
 * the window), INPUT_ZERO_POINT, and those of td_mve.inc. */
/* clang-format off */
#include "td_mve.inc"

#define PIXEL_BYTES (16 * BLOCKS)
#define FRAME_INPUT (FRAME_KERNEL + 0)  /* the next row to copy, if that exists */
#define FRAME_Y (FRAME_KERNEL + 4)      /* its number */
#define FRAME_RING (FRAME_KERNEL + 8)   /* rows under the window, the first one first */
#define FRAME_WINDOW (FRAME_RING + 4 * KERNEL_HEIGHT) /* the same at the current tile, then 0 */
#define FRAME_BYTES ((FRAME_WINDOW + 4 * KERNEL_HEIGHT + 11) / 8 * 8)

#define SOURCE r2
#define TARGET r4
#define TILES ((OUTPUT_WIDTH + 3) / 4)

/* An immediate offset reaches 508 bytes to both sides: pointers are kept that far ahead. */
#define AHEAD 508
#define FARTHEST (((3 * STRIDE + KERNEL_WIDTH - 1) * BLOCKS + BLOCKS - 1) * 16)

/* \vector = the block at td_offset of the pixel \x columns to the right. */
.macro td_load_pixel vector, x
        .set td_at, (\x) * PIXEL_BYTES + td_offset - AHEAD
.if td_at <= AHEAD
        vldrw.u32 \vector, [FIRST, #td_at]
.else
        vldrw.u32 \vector, [SECOND, #(td_at - 2 * AHEAD)]
.endif
.endm

/* Column td_kx of the window; four pixels in \p0 to \p3, of which only the last may be new. */
.macro td_column p0, p1, p2, p3
.if td_kx < KERNEL_WIDTH
.if td_kx < STRIDE
        td_load_pixel \p0, td_kx
        td_load_pixel \p1, td_kx + STRIDE
        td_load_pixel \p2, td_kx + 2 * STRIDE
.endif
        td_load_pixel \p3, td_kx + 3 * STRIDE
        vldrb.u8 q4, [WEIGHTS], #16
        vldrb.u8 q5, [WEIGHTS], #16
        vmladava.s8 r0, \p0, q4
        vmladava.s8 r2, \p1, q4
        vmladava.s8 r4, \p2, q4
        vmladava.s8 r6, \p3, q4
        vmladava.s8 r8, \p0, q5
        vmladava.s8 r10, \p1, q5
        vmladava.s8 r12, \p2, q5
        vmladava.s8 lr, \p3, q5
        .set td_kx, td_kx + STRIDE
.endif
.endm

/* One row under the window, at FIRST. */
.macro td_window_row
.if FARTHEST > 2 * AHEAD
        addw SECOND, FIRST, #(2 * AHEAD)
.endif
        .set td_offset, 0
.rept BLOCKS
        .set td_start, 0
.rept STRIDE
        .set td_kx, td_start
.rept (KERNEL_WIDTH + 3) / 4
        td_column q0, q1, q2, q3
        td_column q1, q2, q3, q0
        td_column q2, q3, q0, q1
        td_column q3, q0, q1, q2
.endr
        .set td_start, td_start + 1
.endr
        .set td_offset, td_offset + 16
.endr
.endm

/* Two channels of four pixels: the bytes in q0, lane 2i + j is channel j of pixel i. */
.macro td_tile
        ldm TABLE!, {r0, r2, r4, r6, r8, r10, r12, lr}
.if UNROLLED
        .set td_row, FRAME_WINDOW
.rept KERNEL_HEIGHT
        ldr FIRST, [sp, #td_row]
        td_window_row
        .set td_row, td_row + 4
.endr
.else
        str COUNT, [sp, #FRAME_GROUPS]
        add COUNT, sp, #FRAME_WINDOW
        ldr FIRST, [COUNT], #4
6:
        td_window_row
        ldr FIRST, [COUNT], #4
        cmp FIRST, #0
        bne 6b
        ldr COUNT, [sp, #FRAME_GROUPS]
.endif
        vmov q0[2], q0[0], r0, r4
        vmov q0[3], q0[1], r2, r6
        vmov q1[2], q1[0], r8, r12
        vmov q1[3], q1[1], r10, lr
        ldm TABLE!, {r0, r2, r4, r6}
        vqrdmulh.s32 q0, q0, r0
        vqrdmulh.s32 q1, q1, r2
.if ROUND_TIES_DOWN
        movs r0, #1
        vqdmlah.s32 q0, q0, r0
        vqdmlah.s32 q1, q1, r0
.endif
        vrshl.s32 q0, r4
        vrshl.s32 q1, r6
        vqmovnb.s32 q0, q0
        vqmovnt.s32 q0, q1
        vqadd.s16 q0, q0, q6
        vqmovnb.s16 q0, q0
        td_clamp q0, q1
.endm

/* Stores the lanes of q0 that \mask selects, 4 bits a pixel. */
.macro td_store mask
.if (\mask) == 0xffff
        vstrb.16 q0, [OUTPUT, q7]
.else
        movw r0, #(\mask)
        vmsr p0, r0
        vpst
        vstrbt.16 q0, [OUTPUT, q7]
.endif
.endm

#if OUTPUT_WIDTH < 4
#define PIXELS_MASK ((1 << (4 * OUTPUT_WIDTH)) - 1)
#else
#define PIXELS_MASK 0xffff
#endif

/* All channels of four pixels. */
.macro td_channels
        ldrd WEIGHTS, TABLE, [sp, #FRAME_CONSTANTS]
.if OUTPUT_CHANNELS / 2
        movw COUNT, #(OUTPUT_CHANNELS / 2)
2:
        td_tile
        td_store PIXELS_MASK
        adds OUTPUT, #2
        subs COUNT, #1
        bne 2b
.endif
.if OUTPUT_CHANNELS % 2
        td_tile
        td_store (PIXELS_MASK & 0x3333)
        adds OUTPUT, #1
.endif
.endm

/* The window \pixels pixels to the right; OUTPUT, at the end of a pixel's channels, likewise. */
.macro td_advance pixels
        .set td_row, FRAME_WINDOW
.rept KERNEL_HEIGHT
        ldr r2, [sp, #td_row]
        td_add r2, ((\pixels) * STRIDE * PIXEL_BYTES)
        str r2, [sp, #td_row]
        .set td_row, td_row + 4
.endr
        td_add OUTPUT, (((\pixels) - 1) * OUTPUT_CHANNELS)
.endm

/* Copies the next row of input over the first one under the window, which becomes the last. */
.macro td_next_row
        ldrd SOURCE, r6, [sp, #FRAME_INPUT]
        ldr r8, [sp, #FRAME_RING]
        .set td_row, FRAME_RING
.rept KERNEL_HEIGHT - 1
        ldr r0, [sp, #(td_row + 4)]
        str r0, [sp, #td_row]
        .set td_row, td_row + 4
.endr
        str r8, [sp, #td_row]
        movw r0, #(AHEAD - IMAGE_AT)
.if IMAGE_AT > AHEAD
        movt r0, #0xffff
.endif
        sub TARGET, r8, r0
        movw lr, #COPIED_WIDTH
        dls lr, lr
        movw r0, #INPUT_HEIGHT
        cmp r6, r0
        bhs 8f
.if CHANNELS % 16
        movs r0, #(CHANNELS % 16)
        vctp.8 r0
.endif
7:
.rept CHANNELS / 16
        vldrb.u8 q0, [SOURCE], #16
        vstrb.8 q0, [TARGET], #16
.endr
.if CHANNELS % 16
        vpstt
        vldrbt.u8 q0, [SOURCE], #(CHANNELS % 16)
        vstrbt.8 q0, [TARGET], #16
.endif
        le lr, 7b
        td_add SOURCE, (INPUT_ROW_BYTES - COPIED_WIDTH * CHANNELS)
        b 9f
8:
        vmov.i8 q0, #(INPUT_ZERO_POINT & 0xff)
7:
.rept BLOCKS
        vstrb.8 q0, [TARGET], #16
.endr
        le lr, 7b
        td_add SOURCE, INPUT_ROW_BYTES
9:
        adds r6, #1
        strd SOURCE, r6, [sp, #FRAME_INPUT]
.endm

        td_function TD_FUNCTION, FRAME_BYTES
        mov OUTPUT, r2
        ldrd r4, r5, [r0]
        strd r4, r5, [sp, #FRAME_CONSTANTS]
        td_add_far r1, (-PADDING_TOP * INPUT_ROW_BYTES), r0
        td_set r2, (-PADDING_TOP)
        strd r1, r2, [sp, #FRAME_INPUT]
        addw r4, r3, #AHEAD
        .set td_row, FRAME_RING
.rept KERNEL_HEIGHT
        str r4, [sp, #td_row]
        td_add r4, ROW_BYTES
        .set td_row, td_row + 4
.endr
        movs r0, #0
        str r0, [sp, #(FRAME_WINDOW + 4 * KERNEL_HEIGHT)]
        vidup.u16 q0, r0, #1
        vshr.u16 q1, q0, #1
        vmov.i16 q7, #1
        vand q7, q7, q0
        movw r0, #OUTPUT_CHANNELS
        vmla.u16 q7, q1, r0
        td_set r0, OUTPUT_ZERO_POINT
        vdup.16 q6, r0
        vmov.i8 q0, #(INPUT_ZERO_POINT & 0xff)
        td_set lr, FILLED_VECTORS
        dls lr, lr
1:
        vstrb.8 q0, [r3], #16
        le lr, 1b
        movw COUNT, #KERNEL_HEIGHT
        movw r0, #OUTPUT_HEIGHT
        str r0, [sp, #FRAME_ROWS]
1:
        td_next_row
        subs COUNT, #1
        bne 1b
        .set td_row, 0
.rept KERNEL_HEIGHT
        ldr r0, [sp, #(FRAME_RING + td_row)]
        str r0, [sp, #(FRAME_WINDOW + td_row)]
        .set td_row, td_row + 4
.endr
        movw r0, #TILES
3:
        str r0, [sp, #FRAME_PAIRS]
        td_channels
.if OUTPUT_WIDTH < 4
        td_add OUTPUT, ((OUTPUT_WIDTH - 1) * OUTPUT_CHANNELS)
.else
.if OUTPUT_WIDTH % 4
        ldr r0, [sp, #FRAME_PAIRS]
        cmp r0, #2
        bne 4f
        td_advance (OUTPUT_WIDTH % 4)
        b 5f
4:
.endif
        td_advance 4
5:
.endif
        ldr r0, [sp, #FRAME_PAIRS]
        subs r0, #1
        bne 3b
        ldr r0, [sp, #FRAME_ROWS]
        subs r0, #1
        str r0, [sp, #FRAME_ROWS]
        beq 5f
        movw COUNT, #STRIDE_HEIGHT
        b 1b
5:
        td_return TD_FUNCTION, FRAME_BYTES
