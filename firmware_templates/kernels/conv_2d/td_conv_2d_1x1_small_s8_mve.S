/* 1x1 convolution of few input channels: the weights of four output channels stay in registers
 * while a block of pixels passes. Eight input channels are widened to fill a vector.
 *
 * Constants: DEPTH (input channels), PIXELS, BLOCK_PIXELS (even), and those of td_mve.inc. */
/* clang-format off */
#include "td_mve.inc"

#define ZERO_POINT r3
#define FRAME_INPUT (FRAME_KERNEL + 0)   /* of the block */
#define FRAME_OUTPUT (FRAME_KERNEL + 4)
#define FRAME_LEFT (FRAME_KERNEL + 8)    /* pixels from the block's start on */
#define FRAME_BYTES 64

.macro td_load_depth vector, pointer, step
.if DEPTH == 8
        vldrb.s16 \vector, [\pointer], #\step
.elseif DEPTH == 16
        vldrb.u8 \vector, [\pointer], #\step
.else
        vpst
        vldrbt.u8 \vector, [\pointer], #\step
.endif
.endm

.macro td_multiply sum, vector, weights
.if DEPTH == 8
        vmladava.s16 \sum, \vector, \weights
.else
        vmladava.s8 \sum, \vector, \weights
.endif
.endm

/* Two pixels, \step bytes apart. */
.macro td_pair step
        ldm TABLE, {r0, r2, r4, r6, r8, r10, r12, lr}
        td_load_depth q4, FIRST, \step
        td_load_depth q5, FIRST, DEPTH
        td_multiply r0, q4, q0
        td_multiply r2, q4, q1
        td_multiply r4, q4, q2
        td_multiply r6, q4, q3
        td_multiply r8, q5, q0
        td_multiply r10, q5, q1
        td_multiply r12, q5, q2
        td_multiply lr, q5, q3
        vmov q4[2], q4[0], r0, r4
        vmov q4[3], q4[1], r2, r6
        vldrw.u32 q6, [TABLE, #32]
        vmov q5[2], q5[0], r8, r12
        vqrdmulh.s32 q4, q4, q6
        vmov q5[3], q5[1], r10, lr
        vqrdmulh.s32 q5, q5, q6
        vldrb.s32 q6, [TABLE, #48]
.if ROUND_TIES_DOWN
        movs r0, #1
        vqdmlah.s32 q4, q4, r0
        vqdmlah.s32 q5, q5, r0
.endif
        vrshl.s32 q4, q4, q6
        vrshl.s32 q5, q5, q6
        vqmovnb.s32 q4, q4
        vqmovnt.s32 q4, q5
        vqadd.s16 q4, q4, ZERO_POINT
        vqmovnb.s16 q4, q4
        td_clamp q4, q6
        vstrb.16 q4, [OUTPUT, q7]
.endm

        td_function TD_FUNCTION, FRAME_BYTES
        strd r1, r2, [sp, #FRAME_INPUT]
        td_prepare_2x4
        td_select_lanes DEPTH
        td_set ZERO_POINT, OUTPUT_ZERO_POINT
        td_set r0, PIXELS
1:
        str r0, [sp, #FRAME_LEFT]
        cmp r0, #BLOCK_PIXELS
        it hi
        movhi r0, #BLOCK_PIXELS
        lsrs r0, r0, #1
        str r0, [sp, #FRAME_PAIRS]
        ldrd WEIGHTS, TABLE, [sp, #FRAME_CONSTANTS]
        movw r0, #(OUTPUT_CHANNELS / 4)
2:
        str r0, [sp, #FRAME_GROUPS]
        td_load_depth q0, WEIGHTS, DEPTH
        td_load_depth q1, WEIGHTS, DEPTH
        td_load_depth q2, WEIGHTS, DEPTH
        td_load_depth q3, WEIGHTS, DEPTH
        ldrd FIRST, OUTPUT, [sp, #FRAME_INPUT]
        ldr COUNT, [sp, #FRAME_PAIRS]
        cmp COUNT, #0
        beq 4f
3:
        td_pair DEPTH
        td_add OUTPUT, (2 * OUTPUT_CHANNELS)
        subs COUNT, #1
        bne 3b
4:
.if PIXELS % 2
        /* The pixel at the end is computed twice: nothing beyond it may be touched. */
        ldr r0, [sp, #FRAME_LEFT]
        cmp r0, #BLOCK_PIXELS
        bhi 5f
        vldrw.u32 q7, [sp, #FRAME_SINGLE]
        td_pair 0
        vldrw.u32 q7, [sp, #FRAME_OFFSETS]
5:
.endif
        adds TABLE, #52
        ldrd r4, r6, [sp, #FRAME_INPUT]
        adds r6, #4
        str r6, [sp, #FRAME_OUTPUT]
        ldr r0, [sp, #FRAME_GROUPS]
        subs r0, #1
        bne 2b
        td_add r4, (BLOCK_PIXELS * DEPTH)
        td_add r6, ((BLOCK_PIXELS - 1) * OUTPUT_CHANNELS)
        strd r4, r6, [sp, #FRAME_INPUT]
        ldr r0, [sp, #FRAME_LEFT]
        subs r0, #BLOCK_PIXELS
        bhi 1b
        td_return TD_FUNCTION, FRAME_BYTES
