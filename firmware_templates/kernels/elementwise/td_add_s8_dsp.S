/* See td_add_s8_dsp.h. An element times 256 is in the upper byte of a lane: SMLAW multiplies it
 * by 32 bits and drops 16 bits of the product. */
        .syntax unified
        .thumb

#define FOURS r0
#define FIRST r1
#define SECOND r2
#define OUTPUT r3
#define CONSTANT r4
#define FACTOR0 r5 /* of the first operand */
#define FACTOR1 r6
#define SHIFT r7
#define UPPER_BYTES r8
#define EVEN0 r9 /* the first operand's elements 0 and 2, times 256 */
#define ODD0 r10
#define EVEN1 r11
#define ODD1 r12
#define SUM lr

.macro td_add half, first, second
        smlaw\half SUM, FACTOR0, \first, CONSTANT
        smlaw\half SUM, FACTOR1, \second, SUM
        asr SUM, SUM, SHIFT
        ssat SUM, #8, SUM
        strb SUM, [OUTPUT], #1
.endm

        .section .text.td_add_s8_dsp, "ax", %progbits
        .global td_add_s8_dsp
        .type td_add_s8_dsp, %function
        .thumb_func
        .balign 4
td_add_s8_dsp:
        push {r4-r11, lr}
        ldmia r0, {r9, r10}
        push {r10}
        add r0, r0, #8
        ldmia r0, {r4-r7}
        mov UPPER_BYTES, #0xff00ff00
        movs FOURS, r9
        beq .Lrest
.Lfours:
        ldr ODD0, [FIRST], #4
        ldr ODD1, [SECOND], #4
        and EVEN0, UPPER_BYTES, ODD0, lsl #8
        and EVEN1, UPPER_BYTES, ODD1, lsl #8
        and ODD0, ODD0, UPPER_BYTES
        and ODD1, ODD1, UPPER_BYTES
        td_add b, EVEN0, EVEN1
        td_add b, ODD0, ODD1
        td_add t, EVEN0, EVEN1
        td_add t, ODD0, ODD1
        subs FOURS, FOURS, #1
        bne .Lfours
.Lrest:
        pop {FOURS}
        cbz FOURS, .Ldone
.Lones:
        ldrsb EVEN0, [FIRST], #1
        ldrsb EVEN1, [SECOND], #1
        lsl EVEN0, EVEN0, #8
        lsl EVEN1, EVEN1, #8
        td_add b, EVEN0, EVEN1
        subs FOURS, FOURS, #1
        bne .Lones
.Ldone:
        pop {r4-r11, pc}
        .size td_add_s8_dsp, . - td_add_s8_dsp
