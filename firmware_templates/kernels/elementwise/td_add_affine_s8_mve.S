/* Two int8 tensors added, sixteen elements at a time. */
/* clang-format off */
        .syntax unified
        .thumb
        .section .text.td_add_affine_s8_mve, "ax", %progbits
        .p2align 2

#define A r1
#define B r2
#define OUTPUT r3
#define SECOND r4
#define OFFSET r5
#define SHIFT r6
#define COUNT r7
/* q4: first, q5: minimum, q6: maximum, q7: where the bytes of a result go */

/* Four elements, at *A and *B, before the last shift. */
.macro td_four sum, spare
        vldrb.s32 \sum, [A], #4
        vldrb.s32 \spare, [B], #4
        vmlas.s32 \sum, q4, OFFSET
        vmla.s32 \sum, \spare, SECOND
        vshl.s32 \sum, SHIFT
.endm

        .global td_add_affine_s8_mve
        .type td_add_affine_s8_mve, %function
        .thumb_func
td_add_affine_s8_mve:
        push {r3-r9, lr}
        vpush {d8-d15}
        ldr r12, [r0], #4
        vdup.32 q4, r12
        ldm r0, {r4, r5, r6, r7, r8, r9}
        mov r12, r9
        vdup.8 q5, r7
        vdup.8 q6, r8
        mov COUNT, r12
        /* Narrowing two vectors interleaves their lanes, twice: byte 4i + j comes from lane i of
         * the first, third, second and last four elements. */
        adr r0, 9f
        vldrw.u32 q7, [r0]
        lsr lr, COUNT, #4
        wls lr, lr, 2f
1:
        td_four q0, q3
        td_four q1, q3
        vqrshrnb.s32 q0, q0, #16
        td_four q2, q3
        vqrshrnt.s32 q0, q1, #16
        td_four q1, q3
        vqrshrnb.s32 q2, q2, #16
        vqrshrnt.s32 q2, q1, #16
        vqmovnb.s16 q0, q0
        vqmovnt.s16 q0, q2
        vmax.s8 q0, q0, q5
        vmin.s8 q0, q0, q6
        vstrb.8 q0, [OUTPUT, q7]
        adds OUTPUT, #16
        le lr, 1b
2:
        and COUNT, COUNT, #15
        wlstp.32 lr, COUNT, 4f
3:
        td_four q0, q3
        vqrshrnb.s32 q0, q0, #16
        vqmovnb.s16 q0, q0
        vmax.s8 q0, q0, q5
        vmin.s8 q0, q0, q6
        vstrb.32 q0, [OUTPUT], #4
        letp lr, 3b
4:
        vpop {d8-d15}
        pop {r3-r9, pc}
        .p2align 2
9:
        .byte 0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15
        .size td_add_affine_s8_mve, . - td_add_affine_s8_mve
