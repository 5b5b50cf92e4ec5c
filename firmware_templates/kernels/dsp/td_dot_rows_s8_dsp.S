/* Four outputs of a fully connected layer at a time: see td_dot_dsp.h. */
        .syntax unified
        .thumb

#define INPUT r0
#define STREAM r1
#define SUM0 r2 /* first and second output, then the first alone */
#define SUM1 r3
#define SUM2 r4
#define SUM3 r5
#define EVEN r6 /* inputs 0 and 2 */
#define ODD r7
#define EVEN01 r8 /* their weights of the first two outputs */
#define ODD01 r9
#define EVEN23 r10
#define ODD23 r11
#define OUTPUT r12
#define END lr
#define CONSTANT r10
#define SHIFT r11

/* Frame on the stack, in bytes: */
#define FRAME_OUTPUT 0
#define FRAME_END 4 /* of the stream */
#define FRAME_INPUT 8
#define FRAME_BLOCKS_END 12
#define FRAME_INPUT_END 16
#define FRAME_BACK 20
#define FRAME_MULTIPLIER 24
#define FRAME_CONSTANT 28
#define FRAME_BYTES 36

.macro td_four
        ldr ODD, [INPUT], #4
        ldmia STREAM!, {EVEN01, ODD01, EVEN23, ODD23}
        sxtb16 EVEN, ODD
        sxtb16 ODD, ODD, ror #8
        smlad SUM0, EVEN01, EVEN, SUM0
        smlad SUM2, EVEN23, EVEN, SUM2
        sxtb16 EVEN01, EVEN01
        sxtb16 EVEN23, EVEN23
        smlad SUM1, EVEN01, EVEN, SUM1
        smlad SUM3, EVEN23, EVEN, SUM3
        smlad SUM0, ODD01, ODD, SUM0
        smlad SUM2, ODD23, ODD, SUM2
        sxtb16 ODD01, ODD01
        sxtb16 ODD23, ODD23
        smlad SUM1, ODD01, ODD, SUM1
        smlad SUM3, ODD23, ODD, SUM3
.endm

/* The constant holds the rounding and the zero point. */
.macro td_finish sum, multiplier
        smmla \sum, \sum, \multiplier, CONSTANT
        asr \sum, \sum, SHIFT
        ssat \sum, #8, \sum
        strb \sum, [OUTPUT], #1
.endm

        .section .text.td_dot_rows_s8_dsp, "ax", %progbits
        .global td_dot_rows_s8_dsp
        .type td_dot_rows_s8_dsp, %function
        .thumb_func
        .balign 4
td_dot_rows_s8_dsp:
        push {r4-r11, lr}
        ldr r12, [sp, #36]
        sub sp, sp, #FRAME_BYTES
        strd r2, r3, [sp, #FRAME_OUTPUT]
        ldmia r12, {r4-r9}
        add r4, r4, INPUT
        add r5, r5, INPUT
        strd INPUT, r4, [sp, #FRAME_INPUT]
        strd r5, r6, [sp, #FRAME_INPUT_END]
        str r7, [sp, #FRAME_MULTIPLIER]
        strd r8, r9, [sp, #FRAME_CONSTANT]
.Lgroups:
        ldmia STREAM!, {SUM0, SUM1, SUM2, SUM3}
        ldr END, [sp, #FRAME_BLOCKS_END]
        cmp INPUT, END
        beq .Lrest
.Lblocks:
        td_four
        td_four
        td_four
        td_four
        cmp INPUT, END
        bne .Lblocks
.Lrest:
        ldr END, [sp, #FRAME_INPUT_END]
        cmp INPUT, END
        beq .Llast
.Lwords:
        td_four
        cmp INPUT, END
        bne .Lwords
.Llast:
        ldr END, [sp, #FRAME_BACK]
        cmp END, #0
        beq .Lfinish
        sub INPUT, INPUT, END
        td_four
.Lfinish:
        sub SUM0, SUM0, SUM1
        sub SUM2, SUM2, SUM3
        lsl SUM1, SUM1, #8
        lsl SUM3, SUM3, #8
        ldr r6, [sp, #FRAME_MULTIPLIER]
        mov r7, r6
        mov r8, r6
        mov r9, r6
        cmp r6, #0
        it eq
        ldmiaeq STREAM!, {r6-r9}
        ldrd CONSTANT, SHIFT, [sp, #FRAME_CONSTANT]
        ldrd OUTPUT, END, [sp, #FRAME_OUTPUT]
        td_finish SUM0, r6
        td_finish SUM1, r7
        td_finish SUM2, r8
        td_finish SUM3, r9
        str OUTPUT, [sp, #FRAME_OUTPUT]
        ldr INPUT, [sp, #FRAME_INPUT]
        cmp STREAM, END
        bne .Lgroups
        add sp, sp, #FRAME_BYTES
        pop {r4-r11, pc}
        .size td_dot_rows_s8_dsp, . - td_dot_rows_s8_dsp
