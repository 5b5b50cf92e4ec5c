/* Depthwise convolution, channel by channel.
 *
 * Each channel is first copied into a plane of its own in the scratch memory, within a border of
 * zero points. There one gather load takes 16 values under a window (and next to it) at once,
 * VMLADAV multiplies them with the channel's weights, and weights that are shifted by a stride
 * give the output to the right from the same load.
 *
 * All of a channel's input is read before any of its output is written, and output elements only
 * ever lie where elements of the same channel did: the output may lie exactly over the input.
 *
 * Constants: CHANNELS; COPIED_HEIGHT and COPIED_WIDTH of the input, of rows of INPUT_ROW_BYTES;
 * planes of PLANE_BYTES in rows of PLANE_WIDTH with the image from IMAGE_AT on, GROUP of them (8
 * or 1), FILLED_BYTES in all; OUTPUT_HEIGHT and OUTPUT_WIDTH; STRIDE_ROW and STRIDE (bytes in a
 * plane); BLOCKS of 16 weights, BLOCK_BYTES apart in a plane; OUTPUTS of one load; REPEATED_ROWS
 * of the output in a loop's body; INPUT_ZERO_POINT, and those of td_mve.inc. */
/* clang-format off */
#include "td_mve.inc"

#define FRAME_TABLE 0
#define FRAME_INPUT 4
#define FRAME_OUTPUT 8
#define FRAME_SCRATCH 12
#define FRAME_LEFT 16       /* channels still to do */
#define FRAME_IN_GROUP 20   /* and those of them that are in the scratch memory */
#define FRAME_PLANE 24
#define FRAME_BODIES 28
#define FRAME_PLANES 32     /* offsets of 8 planes */
#define FRAME_BYTES 48

#define PLANE r1
#define ZERO_POINT r3
#define BIAS r5
#define MULTIPLIER r7
#define SHIFT r9
/* q0 to q2: weights; q3: values; q4: offsets of a block's lanes; q7: offsets of 8 outputs. */

/* One sum of the next output into \sum: td_index counts them from the start of the body on. */
.macro td_sum sum
.if td_index < td_end
        .set td_y, td_index / OUTPUT_WIDTH
        .set td_x, td_index % OUTPUT_WIDTH
.if BLOCKS > 1
        td_gather (td_y * STRIDE_ROW + td_x * STRIDE)
        vmladav.s8 \sum, q3, q0
        td_gather (td_y * STRIDE_ROW + td_x * STRIDE + BLOCK_BYTES)
        vmladava.s8 \sum, q3, q1
.if BLOCKS > 2
        td_gather (td_y * STRIDE_ROW + td_x * STRIDE + 2 * BLOCK_BYTES)
        vmladava.s8 \sum, q3, q2
.endif
.else
.if (td_x == 0) || (td_x >= td_loaded + OUTPUTS)
        td_gather (td_y * STRIDE_ROW + td_x * STRIDE)
        .set td_loaded, td_x
.endif
.if td_x == td_loaded
        vmladav.s8 \sum, q3, q0
.elseif td_x == td_loaded + 1
        vmladav.s8 \sum, q3, q1
.else
        vmladav.s8 \sum, q3, q2
.endif
.endif
        .set td_index, td_index + 1
.endif
.endm

/* Loads q3 from \position on; PLANE is at td_position. */
.macro td_gather position
.if (\position) > td_position
        addw PLANE, PLANE, #((\position) - td_position)
.elseif (\position) < td_position
        subw PLANE, PLANE, #(td_position - (\position))
.endif
        .set td_position, (\position)
        vldrb.u8 q3, [PLANE, q4]
.endm

/* Eight outputs, or as many as are left in the body. */
.macro td_eight
        .set td_count, td_end - td_index
        td_sum r0
        td_sum r2
        td_sum r4
        td_sum r6
        td_sum r8
        td_sum r10
        td_sum r12
        td_sum lr
        vmov q5[2], q5[0], r0, r8
        vmov q5[3], q5[1], r4, r12
        vmov q6[2], q6[0], r2, r10
        vadd.i32 q5, q5, BIAS
        vmov q6[3], q6[1], r6, lr
        vqrdmulh.s32 q5, q5, MULTIPLIER
        vadd.i32 q6, q6, BIAS
.if ROUND_TIES_DOWN
        movs r0, #1
        vqrdmulh.s32 q6, q6, MULTIPLIER
        vqdmlah.s32 q5, q5, r0
        vqdmlah.s32 q6, q6, r0
.else
        vqrdmulh.s32 q6, q6, MULTIPLIER
.endif
        vrshl.s32 q5, SHIFT
        vrshl.s32 q6, SHIFT
        vqmovnb.s32 q5, q5
        vqmovnt.s32 q5, q6
        vqadd.s16 q5, q5, ZERO_POINT
        vqmovnb.s16 q5, q5
        td_clamp q5, q6
.if td_count >= 8
        vstrb.16 q5, [OUTPUT, q7]
        td_add OUTPUT, (8 * CHANNELS)
.else
        movs r0, #td_count
        vctp.16 r0
        vpst
        vstrbt.16 q5, [OUTPUT, q7]
        td_add OUTPUT, (td_count * CHANNELS)
.endif
.endm

/* \rows rows of outputs, from PLANE on, which then is at the next row. */
.macro td_body rows
        .set td_index, 0
        .set td_end, (\rows) * OUTPUT_WIDTH
        .set td_position, 0
        .set td_loaded, 0
.rept (td_end + 7) / 8
        td_eight
.endr
        td_add PLANE, ((\rows) * STRIDE_ROW - td_position)
.endm

/* One pixel of eight channels, from r2 to r4. */
.macro td_copy_pixel offsets
.if td_x < COPIED_WIDTH
.if CHANNELS % 8
        vpstt
.if CHANNELS < 128
        vldrbt.u16 q0, [r2], #CHANNELS
.else
        vldrbt.u16 q0, [r2]
.endif
        vstrbt.16 q0, [r4, \offsets]
.else
.if CHANNELS < 128
        vldrb.u16 q0, [r2], #CHANNELS
.else
        vldrb.u16 q0, [r2]
.endif
        vstrb.16 q0, [r4, \offsets]
.endif
.if CHANNELS >= 128
        td_add r2, CHANNELS
.endif
        .set td_x, td_x + 1
.endif
.endm

/* The planes of the next channels, r5 of them at most eight. */
.macro td_copy_eight
.if CHANNELS % 8
        vctp.16 r5
.endif
        vldrw.u32 q1, [sp, #FRAME_PLANES]
        movs r0, #1
        vadd.i16 q2, q1, r0
        vadd.i16 q3, q2, r0
        vadd.i16 q5, q3, r0
        vadd.i16 q6, q5, r0
        movw lr, #COPIED_HEIGHT
        dls lr, lr
5:
        .set td_x, 0
.rept (COPIED_WIDTH + 4) / 5
        td_copy_pixel q1
        td_copy_pixel q2
        td_copy_pixel q3
        td_copy_pixel q5
        td_copy_pixel q6
.if td_x < COPIED_WIDTH
        adds r4, #5
.endif
.endr
        td_add r2, (INPUT_ROW_BYTES - COPIED_WIDTH * CHANNELS)
        td_add r4, (PLANE_WIDTH - (COPIED_WIDTH - 1) / 5 * 5)
        le lr, 5b
.endm

/* Eight pixels of one channel, from r2 + \source_register to r4. */
.macro td_copy_vector offsets
.if td_x + 8 <= COPIED_WIDTH
        vldrb.u16 q0, [r2, \offsets]
        vstrb.16 q0, [r4, #td_x]
        .set td_x, td_x + 8
.endif
.endm

/* The plane of the next channel. The last pixels of a row are copied twice rather than alone. */
.macro td_copy_one
.if COPIED_WIDTH < 8
        movs r0, #COPIED_WIDTH
        vctp.16 r0
.else
        movw r0, #(8 * CHANNELS)
        vadd.i16 q1, q7, r0
.endif
        movw lr, #COPIED_HEIGHT
        dls lr, lr
5:
.if COPIED_WIDTH < 8
        vpstt
        vldrbt.u16 q0, [r2, q7]
        vstrbt.16 q0, [r4]
        td_add r2, INPUT_ROW_BYTES
.else
        .set td_x, 0
.rept COPIED_WIDTH / 16
        td_copy_vector q7
        td_copy_vector q1
.if td_x < COPIED_WIDTH
        td_add r2, (16 * CHANNELS)
.endif
.endr
        .set td_from, td_x
.if td_x == COPIED_WIDTH
        .set td_from, td_x - 16
.endif
        td_copy_vector q7
.if td_x < COPIED_WIDTH
        td_add r2, ((COPIED_WIDTH - 8 - td_from) * CHANNELS)
        .set td_from, COPIED_WIDTH - 8
        .set td_x, COPIED_WIDTH - 8
        td_copy_vector q7
.endif
        td_add r2, (INPUT_ROW_BYTES - td_from * CHANNELS)
.endif
        adds r4, #PLANE_WIDTH
        le lr, 5b
.endm

        td_function TD_FUNCTION, FRAME_BYTES
        ldrd r4, r5, [r0]
        str r4, [sp, #FRAME_TABLE]
        vldrb.u8 q4, [r5]
        str r1, [sp, #FRAME_INPUT]
        str r2, [sp, #FRAME_OUTPUT]
        str r3, [sp, #FRAME_SCRATCH]
        movw r5, #CHANNELS
        str r5, [sp, #FRAME_LEFT]
        movs r0, #0
        vidup.u16 q7, r0, #1
.if GROUP == 8
        movw r0, #PLANE_BYTES
        vmul.i16 q0, q7, r0
        vstrw.32 q0, [sp, #FRAME_PLANES]
.endif
        vmul.i16 q7, q7, r5
        vmov.i8 q0, #(INPUT_ZERO_POINT & 0xff)
        td_set lr, (FILLED_BYTES / 16)
        dls lr, lr
1:
        vstrb.8 q0, [r3], #16
        le lr, 1b
        td_set ZERO_POINT, OUTPUT_ZERO_POINT
        ldr r5, [sp, #FRAME_LEFT]
3:
        ldr r2, [sp, #FRAME_INPUT]
        ldr r4, [sp, #FRAME_SCRATCH]
        str r4, [sp, #FRAME_PLANE]
        td_add r4, IMAGE_AT
        add r0, r2, #GROUP
        str r0, [sp, #FRAME_INPUT]
.if GROUP == 8
        cmp r5, #8
        ite hs
        movhs r0, #8
        movlo r0, r5
        str r0, [sp, #FRAME_IN_GROUP]
        td_copy_eight
4:
.else
        td_copy_one
.endif
        ldr r0, [sp, #FRAME_TABLE]
        vldrw.u32 q0, [r0], #16
.if BLOCKS > 1
        vldrw.u32 q1, [r0], #16
.if BLOCKS > 2
        vldrw.u32 q2, [r0], #16
.endif
.endif
        ldm r0!, {r5, r7, r9}
        str r0, [sp, #FRAME_TABLE]
.if OUTPUTS > 1
        movs r0, #0
        vmov q1, q0
        vshlc q1, r0, #(8 * STRIDE)
.if OUTPUTS > 2
        vmov q2, q1
        vshlc q2, r0, #(8 * STRIDE)
.endif
.endif
        ldr PLANE, [sp, #FRAME_PLANE]
        ldr OUTPUT, [sp, #FRAME_OUTPUT]
        add r0, OUTPUT, #1
        str r0, [sp, #FRAME_OUTPUT]
.if OUTPUT_HEIGHT / REPEATED_ROWS == 1
        td_body REPEATED_ROWS
.elseif OUTPUT_HEIGHT / REPEATED_ROWS > 1
        movw r0, #(OUTPUT_HEIGHT / REPEATED_ROWS)
6:
        str r0, [sp, #FRAME_BODIES]
        td_body REPEATED_ROWS
        ldr r0, [sp, #FRAME_BODIES]
        subs r0, #1
        bne 6b
.endif
.if OUTPUT_HEIGHT % REPEATED_ROWS
        td_body (OUTPUT_HEIGHT % REPEATED_ROWS)
.endif
.if GROUP == 8
        ldr r0, [sp, #FRAME_PLANE]
        add r0, r0, #PLANE_BYTES
        str r0, [sp, #FRAME_PLANE]
        ldr r0, [sp, #FRAME_IN_GROUP]
        subs r0, #1
        str r0, [sp, #FRAME_IN_GROUP]
        bne 4b
.endif
        ldr r5, [sp, #FRAME_LEFT]
        subs r5, #GROUP
        str r5, [sp, #FRAME_LEFT]
        bgt 3b
        td_return TD_FUNCTION, FRAME_BYTES
