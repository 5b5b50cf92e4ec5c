/* See td_widen_s8_dsp.h. */
        .syntax unified
        .thumb

#define FIRST r0
#define SECOND r1
#define THIRD r2
#define COLUMNS r3
#define BYTES r10
#define ROWS r11
#define STEP r12 /* from a segment's end to the next row's */
#define COUNT lr

.macro td_load
        ldr r7, [FIRST], #4
        ldr r8, [SECOND], #4
        ldr r9, [THIRD], #4
.endm

.macro td_odd to0, to1, to2
        sxtb16 \to0, r7, ror #8
        sxtb16 \to1, r8, ror #8
        sxtb16 \to2, r9, ror #8
.endm

.macro td_four
        td_load
        sxtb16 r4, r7
        sxtb16 r5, r8
        sxtb16 r6, r9
        td_odd r7, r8, r9
        stmia COLUMNS!, {r4-r9}
.endm

        .section .text.td_widen_s8_dsp, "ax", %progbits
        .global td_widen_s8_dsp
        .type td_widen_s8_dsp, %function
        .thumb_func
        .balign 4
td_widen_s8_dsp:
        ldr r12, [sp]
        push {r4-r11, lr}
        ldmia r12, {r10-r12}
        sub STEP, STEP, BYTES
.Lrows:
        lsrs COUNT, BYTES, #3
        beq .Lfour
.Leights:
        td_four
        td_four
        subs COUNT, COUNT, #1
        bne .Leights
.Lfour:
        tst BYTES, #4
        beq .Lrest
        td_four
.Lrest:
        ands COUNT, BYTES, #3
        beq .Lnext
        /* The word that ends with the last input: nothing beyond it is read. */
        rsb COUNT, COUNT, #4
        sub FIRST, FIRST, COUNT
        sub SECOND, SECOND, COUNT
        sub THIRD, THIRD, COUNT
        cmp COUNT, #3
        bne .Lpairs
        td_load
        td_odd r4, r5, r6
        stmia COLUMNS!, {r4-r6}
        b .Lnext
.Lpairs:
        td_four
.Lnext:
        add FIRST, FIRST, STEP
        add SECOND, SECOND, STEP
        add THIRD, THIRD, STEP
        subs ROWS, ROWS, #1
        bne .Lrows
        mov r0, COLUMNS
        pop {r4-r11, pc}
        .size td_widen_s8_dsp, . - td_widen_s8_dsp
