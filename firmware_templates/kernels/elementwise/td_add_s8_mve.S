/* Two int8 tensors added, four elements at a time, with the reference's roundings.
 *
 * VRSHL rounds a negative tie up where the reference rounds it away from zero: see td_mve.inc. A
 * value that is not shifted must not be corrected: its tie factor is 0. */
/* clang-format off */
        .syntax unified
        .thumb
        .section .text.td_add_s8_mve, "ax", %progbits
        .p2align 2

#define A r1
#define B r2
#define OUTPUT r3
/* r0 and r4 to r11: the first nine params; q2: 2^20; q3 to q5: multipliers; q6, q7: limits. */

.macro td_scale vector, multiplier, tie, shift
        vqrdmulh.s32 \vector, \vector, \multiplier
        vqdmlah.s32 \vector, \vector, \tie
        vrshl.s32 \vector, \shift
.endm

        .global td_add_s8_mve
        .type td_add_s8_mve, %function
        .thumb_func
td_add_s8_mve:
        push {r3-r11, lr}
        vpush {d8-d15}
        add r12, r0, #36
        ldm r12!, {r4, r5, r6, r7, r8, lr}
        vdup.32 q3, r4
        vdup.32 q4, r5
        vdup.32 q5, r6
        vdup.32 q6, r7
        vdup.32 q7, r8
        mov r4, #(1 << 20)
        vdup.32 q2, r4
        ldm r0, {r0, r4, r5, r6, r7, r8, r9, r10, r11}
        wlstp.32 lr, lr, 2f
1:
        vldrb.s32 q0, [A], #4
        vldrb.s32 q1, [B], #4
        vmlas.s32 q0, q2, r0
        vmlas.s32 q1, q2, r6
        td_scale q0, q3, r4, r5
        td_scale q1, q4, r7, r8
        vadd.i32 q0, q0, q1
        td_scale q0, q5, r9, r10
        vadd.i32 q0, q0, r11
        vmax.s32 q0, q0, q6
        vmin.s32 q0, q0, q7
        vstrb.32 q0, [OUTPUT], #4
        letp lr, 1b
2:
        vpop {d8-d15}
        pop {r3-r11, pc}
        .size td_add_s8_mve, . - td_add_s8_mve
