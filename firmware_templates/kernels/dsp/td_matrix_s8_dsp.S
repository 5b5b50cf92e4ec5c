/* Two output channels at a time of three pixels, for any number of inputs: see td_dsp.h. */
#include "td_dsp.h"

.macro td_rounding
        ldr X0, [sp, #FRAME_ROUNDING]
.endm

        .section .text.td_matrix_s8_dsp, "ax", %progbits
        .global td_matrix_s8_dsp
        .type td_matrix_s8_dsp, %function
        .thumb_func
        .balign 4
td_matrix_s8_dsp:
        push {r4-r11, lr}
        ldr r12, [sp, #36]
        ldmia r12, {r4-r7}
        sub sp, sp, #FRAME_BYTES
        add r4, r4, COLUMNS
        add r5, r5, COLUMNS
        strd r2, r3, [sp, #FRAME_OUTPUT]
        strd COLUMNS, r4, [sp, #FRAME_COLUMNS]
        strd r5, r6, [sp, #FRAME_COLUMNS_END]
        str r7, [sp, #FRAME_ROUNDING]
.Lchannels:
        ldmia STREAM!, {HIGH2, LOW2}
        mov HIGH0, HIGH2
        mov HIGH1, HIGH2
        mov LOW0, LOW2
        mov LOW1, LOW2
        ldr W2, [sp, #FRAME_BLOCKS_END]
        cmp COLUMNS, W2
        beq .Lrest
.Lblocks:
        .rept 4
        ldrd W0, W1, [STREAM], #8
        td_pair W0
        td_pair W1
        .endr
        cmp COLUMNS, W2
        bne .Lblocks
.Lrest:
        ldr W2, [sp, #FRAME_COLUMNS_END]
        cmp COLUMNS, W2
        beq .Lrequantize
.Lpairs:
        ldrd W0, W1, [STREAM], #8
        td_pair W0
        td_pair W1
        cmp COLUMNS, W2
        bne .Lpairs
.Lrequantize:
        td_requantize_exactly
        ldrd X0, X1, [sp, #FRAME_OUTPUT]
        ldr X2, [sp, #FRAME_OUTPUTS]
        ldr COLUMNS, [sp, #FRAME_COLUMNS]
        strb HIGH1, [X0, X2]
        strb HIGH2, [X0, X2, lsl #1]
        strb HIGH0, [X0], #1
        strb LOW1, [X0, X2]
        strb LOW2, [X0, X2, lsl #1]
        strb LOW0, [X0], #1
        str X0, [sp, #FRAME_OUTPUT]
        cmp STREAM, X1
        bne .Lchannels
        add sp, sp, #FRAME_BYTES
        pop {r4-r11, pc}
        .size td_matrix_s8_dsp, . - td_matrix_s8_dsp
