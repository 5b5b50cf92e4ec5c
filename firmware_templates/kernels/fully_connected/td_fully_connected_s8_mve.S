/* Fully connected: eight outputs at a time, each in a general register.
 *
 * The reference rounds once here: VQDMULH truncates the product, VRSHL rounds it. */
/* clang-format off */
        .syntax unified
        .thumb
        .section .text.td_fully_connected_s8_mve, "ax", %progbits
        .p2align 2

#define INPUT r1
#define GROUPS r3   /* of eight outputs still to do */
#define WEIGHTS r5
#define TABLE r7
#define COUNT r9
#define OUTPUT r11
/* q4: zero point, q5: minimum, q6: maximum, q7: where the outputs of a tile go. */

#define FRAME_PARAMS 0
#define FRAME_INPUT 4
#define FRAME_BATCHES 8
#define FRAME_SIXTY_FOURS 12  /* inputs in the vectors: by 64, */
#define FRAME_SIXTEENS 16     /* then by 16, */
#define FRAME_REST 20         /* then one by one */
#define FRAME_SUMS 24
#define FRAME_BYTES 56

#define WEIGHTS_FIELD 0
#define TABLE_FIELD 4
#define DEPTH_FIELD 8
#define OUTPUTS_FIELD 12
#define BATCHES_FIELD 16
#define ZERO_POINT_FIELD 20

.macro td_products step
        vldrb.u8 q1, [WEIGHTS], \step
        vldrb.u8 q2, [WEIGHTS], \step
        vmladava.s8 r0, q0, q1
        vldrb.u8 q1, [WEIGHTS], \step
        vmladava.s8 r2, q0, q2
        vldrb.u8 q2, [WEIGHTS], \step
        vmladava.s8 r4, q0, q1
        vldrb.u8 q1, [WEIGHTS], \step
        vmladava.s8 r6, q0, q2
        vldrb.u8 q2, [WEIGHTS], \step
        vmladava.s8 r8, q0, q1
        vldrb.u8 q1, [WEIGHTS], \step
        vmladava.s8 r10, q0, q2
        vldrb.u8 q2, [WEIGHTS], \step
        vmladava.s8 r12, q0, q1
        vmladava.s8 lr, q0, q2
.endm

/* Sums in q0 (even outputs) and q1 (odd ones) to bytes in q0. */
.macro td_requantize
        vldrw.u32 q2, [TABLE], #16
        vldrw.u32 q3, [TABLE], #16
        vqdmulh.s32 q0, q0, q2
        vldrb.s32 q2, [TABLE], #4
        vqdmulh.s32 q1, q1, q3
        vldrb.s32 q3, [TABLE], #4
        vrshl.s32 q0, q0, q2
        vrshl.s32 q1, q1, q3
        vqmovnb.s32 q0, q0
        vqmovnt.s32 q0, q1
        vqadd.s16 q0, q0, q4
        vqmovnb.s16 q0, q0
        vmax.s8 q0, q0, q5
        vmin.s8 q0, q0, q6
.endm

        .global td_fully_connected_s8_mve
        .type td_fully_connected_s8_mve, %function
        .thumb_func
td_fully_connected_s8_mve:
        push {r3-r11, lr}
        vpush {d8-d15}
        sub sp, sp, #FRAME_BYTES
        mov OUTPUT, r2
        strd r0, r1, [sp, #FRAME_PARAMS]
        ldr r4, [r0, #DEPTH_FIELD]
        lsr r5, r4, #6
        ubfx r6, r4, #4, #2
        and r7, r4, #15
        str r5, [sp, #FRAME_SIXTY_FOURS]
        strd r6, r7, [sp, #FRAME_SIXTEENS]
        vctp.8 r7
        add r4, r0, #ZERO_POINT_FIELD
        ldm r4, {r5, r6, r7}
        vdup.16 q4, r5
        vdup.8 q5, r6
        vdup.8 q6, r7
        movs r4, #0
        vidup.u16 q7, r4, #1
        ldr r4, [r0, #BATCHES_FIELD]
1:
        str r4, [sp, #FRAME_BATCHES]
        ldr r0, [sp, #FRAME_PARAMS]
        ldrd WEIGHTS, TABLE, [r0, #WEIGHTS_FIELD]
        ldr GROUPS, [r0, #OUTPUTS_FIELD]
        lsrs GROUPS, GROUPS, #3
        beq 6f
2:
        ldm TABLE!, {r0, r2, r4, r6, r8, r10, r12, lr}
        ldr INPUT, [sp, #FRAME_INPUT]
        ldr COUNT, [sp, #FRAME_SIXTY_FOURS]
        cmp COUNT, #0
        beq 4f
3:
.rept 4
        vldrb.u8 q0, [INPUT], #16
        td_products #16
.endr
        subs COUNT, #1
        bne 3b
4:
        ldr COUNT, [sp, #FRAME_SIXTEENS]
        cmp COUNT, #0
        beq 5f
3:
        vldrb.u8 q0, [INPUT], #16
        td_products #16
        subs COUNT, #1
        bne 3b
5:
        ldr COUNT, [sp, #FRAME_REST]
        cmp COUNT, #0
        beq 5f
        vpst
        vldrbt.u8 q0, [INPUT]
.irp sum, r0, r2, r4, r6, r8, r10, r12, lr
        vpst
        vldrbt.u8 q1, [WEIGHTS]
        add WEIGHTS, WEIGHTS, COUNT
        vmladava.s8 \sum, q0, q1
.endr
5:
        vmov q0[2], q0[0], r0, r8
        vmov q0[3], q0[1], r4, r12
        vmov q1[2], q1[0], r2, r10
        vmov q1[3], q1[1], r6, lr
        td_requantize
        vstrb.16 q0, [OUTPUT, q7]
        add OUTPUT, OUTPUT, #8
        subs GROUPS, #1
        bne 2b
6:
        /* The outputs beyond the last eight, one by one: their sums meet on the stack. */
        ldr r0, [sp, #FRAME_PARAMS]
        ldr GROUPS, [r0, #OUTPUTS_FIELD]
        ands GROUPS, GROUPS, #7
        beq 9f
        ldr r8, [r0, #DEPTH_FIELD]
        mov r4, TABLE
        add r6, sp, #FRAME_SUMS
7:
        ldr r0, [r4], #4
        ldr INPUT, [sp, #FRAME_INPUT]
        wlstp.8 lr, r8, 8f
3:
        vldrb.u8 q0, [INPUT], #16
        vldrb.u8 q1, [WEIGHTS], #16
        vmladava.s8 r0, q0, q1
        letp lr, 3b
8:
        /* The last vector of weights may have been a short one. */
        and r2, r8, #15
        rsb r2, r2, #16
        and r2, r2, #15
        sub WEIGHTS, WEIGHTS, r2
        str r0, [r6], #4
        subs GROUPS, #1
        bne 7b
        add TABLE, TABLE, #32
        ldr r0, [sp, #FRAME_PARAMS]
        ldr r2, [r0, #OUTPUTS_FIELD]
        and r2, r2, #7
        ldrd r4, r6, [sp, #FRAME_SUMS]
        ldrd r8, r10, [sp, #(FRAME_SUMS + 16)]
        vmov q0[2], q0[0], r4, r8
        vmov q1[2], q1[0], r6, r10
        ldrd r4, r6, [sp, #(FRAME_SUMS + 8)]
        ldrd r8, r10, [sp, #(FRAME_SUMS + 24)]
        vmov q0[3], q0[1], r4, r8
        vmov q1[3], q1[1], r6, r10
        td_requantize
        vctp.16 r2
        vpst
        vstrbt.16 q0, [OUTPUT, q7]
        add OUTPUT, OUTPUT, r2
        ldr r7, [sp, #FRAME_REST]
        vctp.8 r7
9:
        ldr r0, [sp, #FRAME_PARAMS]
        ldr r2, [r0, #DEPTH_FIELD]
        ldr INPUT, [sp, #FRAME_INPUT]
        add INPUT, INPUT, r2
        str INPUT, [sp, #FRAME_INPUT]
        ldr r4, [sp, #FRAME_BATCHES]
        subs r4, #1
        bne 1b
        add sp, sp, #FRAME_BYTES
        vpop {d8-d15}
        pop {r3-r11, pc}
        .size td_fully_connected_s8_mve, . - td_fully_connected_s8_mve
