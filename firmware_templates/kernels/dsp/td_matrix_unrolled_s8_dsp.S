/* Two output channels at a time of three pixels, for the numbers that are defined: see
 * td_matrix_unrolled_s8_dsp.h. */
#include "td_dsp.h"

#define STRAIGHT (TD_PAIRS % TD_BLOCK)
#define COLUMN_BYTES (12 * TD_PAIRS)

.macro td_any_pair weights
        .if is_first
        td_first_pair \weights
        .else
        td_pair \weights
        .endif
        .set is_first, 0
.endm

.macro td_pairs count
        .rept (\count) / 3
        ldmia STREAM!, {W0, W1, W2}
        td_any_pair W0
        td_any_pair W1
        td_any_pair W2
        .endr
        .if (\count) % 3 == 2
        ldmia STREAM!, {W0, W1}
        td_any_pair W0
        td_any_pair W1
        .elseif (\count) % 3 == 1
        ldr W0, [STREAM], #4
        td_any_pair W0
        .endif
.endm

/* SMMLA and SSAT: the constant holds both roundings and the zero point. */
.macro td_floor sum, multiplier, constant
        smmla \sum, \sum, \multiplier, \constant
        ssat \sum, #8, \sum, asr #TD_SHIFT
.endm

        .section .text.TD_FUNCTION, "ax", %progbits
        .global TD_FUNCTION
        .type TD_FUNCTION, %function
        .thumb_func
        .balign 4
TD_FUNCTION:
        push {r4-r11, lr}
        sub sp, sp, #FRAME_BYTES
        strd r2, r3, [sp, #FRAME_OUTPUT]
#if TD_PAIRS > TD_BLOCK
        movw r12, #COLUMN_BYTES
        add r12, r12, COLUMNS
        str r12, [sp, #FRAME_COLUMNS_END]
#endif
#if !TD_SHIFT
        str COLUMNS, [sp, #FRAME_COLUMNS]
#endif
.Lchannels:
        ldmia STREAM!, {HIGH2, LOW2}
        .set is_first, 1
#if TD_PAIRS <= TD_BLOCK
        td_pairs TD_PAIRS
#else
#if STRAIGHT
        td_pairs STRAIGHT
#else
        mov HIGH0, HIGH2
        mov HIGH1, HIGH2
        mov LOW0, LOW2
        mov LOW1, LOW2
        .set is_first, 0
#endif
.Lblocks:
        td_pairs TD_BLOCK
        ldr W0, [sp, #FRAME_COLUMNS_END]
        cmp COLUMNS, W0
        bne .Lblocks
#endif
#if TD_SHIFT
#if COLUMN_BYTES < 4096
        sub COLUMNS, COLUMNS, #COLUMN_BYTES
#else
        movw W0, #COLUMN_BYTES
        sub COLUMNS, COLUMNS, W0
#endif
        td_separate
        ldmia STREAM!, {X0, X1, X2, W0}
        ldrd W1, W2, [sp, #FRAME_OUTPUT]
        td_floor HIGH0, X0, X1
        td_floor HIGH1, X0, X1
        td_floor HIGH2, X0, X1
        lsl LOW0, LOW0, #8
        lsl LOW1, LOW1, #8
        lsl LOW2, LOW2, #8
        td_floor LOW0, X2, W0
        td_floor LOW1, X2, W0
        td_floor LOW2, X2, W0
#else
        td_separate
        ldmia STREAM!, {X2, W0, W1}
        mov X0, #TD_ROUNDING
        lsl X1, X0, W1
        td_round_high_twice X2, X1, W1
        lsr W1, W1, #8
        lsl X1, X0, W1
        td_round_low_twice W0, X1, W1
        ldrd W1, W2, [sp, #FRAME_OUTPUT]
        ldr COLUMNS, [sp, #FRAME_COLUMNS]
#endif
        strb LOW0, [W1, #1]
        strb LOW1, [W1, #(TD_OUTPUTS + 1)]
        strb LOW2, [W1, #(2 * TD_OUTPUTS + 1)]
        strb HIGH1, [W1, #TD_OUTPUTS]
        strb HIGH2, [W1, #(2 * TD_OUTPUTS)]
        strb HIGH0, [W1], #2
        str W1, [sp, #FRAME_OUTPUT]
        cmp STREAM, W2
        bne .Lchannels
        add sp, sp, #FRAME_BYTES
        pop {r4-r11, pc}
        .size TD_FUNCTION, . - TD_FUNCTION
