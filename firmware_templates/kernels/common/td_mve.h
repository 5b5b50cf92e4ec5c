/* Assembler macros of the convolutions for Arm MVE (Helium).
 *
 * VMLADAVA adds sixteen products to a general register, and reaches the even ones only. A tile is
 * two pixels by four channels: eight sums, in r0, r2, r4, r6 (first pixel) and r8, r10, r12, lr
 * (second pixel). That leaves the odd registers, and a frame on the stack.
 *
 * A kernel that includes this defines OUTPUT_CHANNELS, OUTPUT_ZERO_POINT, OUTPUT_MINIMUM,
 * OUTPUT_MAXIMUM, ROUND_TIES_DOWN (below) and a macro `td_window` that adds up one tile.
 */
/* clang-format off */
#ifndef TD_MVE_H
#define TD_MVE_H

#define FIRST r1   /* input of the tile's first pixel */
#define SECOND r3  /* and of its second pixel */
#define WEIGHTS r5 /* packed in the order in which they are read */
#define TABLE r7   /* for each 4 channels: 2 x 4 biases, 4 multipliers, 4 one-byte shifts */
#define COUNT r9
#define OUTPUT r11
/* q6: the output's zero point; q7: where the values of a tile go, from OUTPUT on */

/* Bytes in the frame: */
#define FRAME_CONSTANTS 0  /* weights, table */
#define FRAME_PAIRS 8      /* of pixels still to do in this row */
#define FRAME_ROWS 12      /* still to do */
#define FRAME_OFFSETS 16   /* q7 for two pixels */
#define FRAME_SINGLE 32    /* q7 for one pixel, computed twice */
#define FRAME_GROUPS 48    /* of channels still to do, where COUNT has other work */
#define FRAME_KERNEL 52    /* from here on: the kernel's own */

/* Longer rows of products are a loop, so that code does not grow with the model. */
#define LONGEST_UNROLLED 512
#define LOOP_BYTES 128

        .syntax unified
        .thumb

/* A function with r0 = params {weights, table, ...}, r1 = input, r2 = output, r3 = scratch. */
.macro td_function name, frame
        .section .text.\name, "ax", %progbits
        .p2align 2
        .global \name
        .type \name, %function
        .thumb_func
\name:
        push {r3-r11, lr}
        vpush {d8-d15}
        sub sp, sp, #\frame
.endm

.macro td_return name, frame
        add sp, sp, #\frame
        vpop {d8-d15}
        pop {r3-r11, pc}
        .size \name, . - \name
.endm

.macro td_set register, value
        movw \register, #((\value) & 0xffff)
.if ((\value) < 0) || ((\value) > 65535)
        movt \register, #(((\value) >> 16) & 0xffff)
.endif
.endm

/* \register += \value, by way of \spare if the constant is large. */
.macro td_add_far register, value, spare
.if ((\value) > 4095) || ((\value) < -4095)
        td_set \spare, (\value)
        add \register, \register, \spare
.elseif (\value) > 0
        addw \register, \register, #(\value)
.elseif (\value) < 0
        subw \register, \register, #(-(\value))
.endif
.endm

.macro td_add register, value
        td_add_far \register, (\value), r0
.endm

/* Sixteen bytes at \pointer + \offset. Words reach farther than bytes, but must be aligned. */
.macro td_load vector, pointer, offset
.if (\offset) < 128
        vldrb.u8 \vector, [\pointer, #(\offset)]
.else
        vldrw.u32 \vector, [\pointer, #(\offset)]
.endif
.endm

/* Adds the products of q0 (first pixel) and q1 (second pixel) with the weights of four channels,
 * of which each has \bytes here; further lanes of q0 and q1 are 0. */
.macro td_multiply_2x4 bytes
        vldrb.u8 q2, [WEIGHTS], #\bytes
        vldrb.u8 q3, [WEIGHTS], #\bytes
        vmladava.s8 r0, q0, q2
        vmladava.s8 r8, q1, q2
        vldrb.u8 q2, [WEIGHTS], #\bytes
        vmladava.s8 r2, q0, q3
        vmladava.s8 r10, q1, q3
        vldrb.u8 q3, [WEIGHTS], #\bytes
        vmladava.s8 r4, q0, q2
        vmladava.s8 r12, q1, q2
        vmladava.s8 r6, q0, q3
        vmladava.s8 lr, q1, q3
.endm

/* \count blocks of 16 input bytes; FIRST and SECOND move where td_load would not reach. */
.macro td_blocks_2x4 count, reach
        .set td_at, 0
.rept \count
.if td_at > \reach
        addw FIRST, FIRST, #td_at
        addw SECOND, SECOND, #td_at
        .set td_moved, td_moved + td_at
        .set td_at, 0
.endif
        td_load q0, FIRST, td_at
        td_load q1, SECOND, td_at
        td_multiply_2x4 16
        .set td_at, td_at + 16
.endr
.endm

/* Adds to all eight sums: \depth products each, of the bytes from FIRST and from SECOND on.
 * \reach: 508 where both are aligned to words, else 127. Where \depth is no multiple of 16, P0
 * selects the lanes of the last block. FIRST and SECOND come back unchanged if \rewind. */
.macro td_dot_2x4 depth, reach, rewind
        .set td_moved, 0
.if (\depth) > LONGEST_UNROLLED
        movw COUNT, #((\depth) / LOOP_BYTES)
7:
        td_blocks_2x4 (LOOP_BYTES / 16), 127
        adds FIRST, #LOOP_BYTES
        adds SECOND, #LOOP_BYTES
        subs COUNT, #1
        bne 7b
        .set td_moved, (\depth) / LOOP_BYTES * LOOP_BYTES
        td_blocks_2x4 ((\depth) % LOOP_BYTES / 16), 127
.else
        td_blocks_2x4 ((\depth) / 16), \reach
.endif
.if (\depth) % 16
.if td_at > \reach
        addw FIRST, FIRST, #td_at
        addw SECOND, SECOND, #td_at
        .set td_moved, td_moved + td_at
        .set td_at, 0
.endif
.if td_at < 128
        vpstt
        vldrbt.u8 q0, [FIRST, #td_at]
        vldrbt.u8 q1, [SECOND, #td_at]
.else
        vpstt
        vldrwt.u32 q0, [FIRST, #td_at]
        vldrwt.u32 q1, [SECOND, #td_at]
.endif
        td_multiply_2x4 ((\depth) % 16)
.endif
.if (\rewind) && td_moved
        subw FIRST, FIRST, #td_moved
        subw SECOND, SECOND, #td_moved
.endif
.endm

/* P0 for the last block of td_dot_2x4. */
.macro td_select_lanes depth
.if (\depth) % 16
        movs r0, #((\depth) % 16)
        vctp.8 r0
.endif
.endm

/* Clamps the even bytes of \vector where saturation to 8 bits has not done it yet. */
.macro td_clamp vector, spare
.if OUTPUT_MINIMUM > -128
        vmov.i8 \spare, #(OUTPUT_MINIMUM & 0xff)
        vmax.s8 \vector, \vector, \spare
.endif
.if OUTPUT_MAXIMUM < 127
        vmov.i8 \spare, #(OUTPUT_MAXIMUM & 0xff)
        vmin.s8 \vector, \vector, \spare
.endif
.endm

/* The eight sums as bytes in q4: lane 2i is channel i of the first pixel, 2i + 1 of the second.
 *
 * VQRDMULH and VRSHL are the reference's two roundings, but for one case: VRSHL rounds a negative
 * tie up where the reference rounds it away from zero. ROUND_TIES_DOWN subtracts 1 from negative
 * values first: VQDMLAH by 1 adds the high half of twice the value, which is its sign. That never
 * changes the quotient of another value, as every shift is then by 1 or more. */
.macro td_requantize_2x4
        vmov q4[2], q4[0], r0, r4
        vmov q4[3], q4[1], r2, r6
        vldrw.u32 q2, [TABLE], #16
        vmov q5[2], q5[0], r8, r12
        vqrdmulh.s32 q4, q4, q2
        vmov q5[3], q5[1], r10, lr
        vldrb.s32 q3, [TABLE], #4
        vqrdmulh.s32 q5, q5, q2
.if ROUND_TIES_DOWN
        movs r0, #1
        vqdmlah.s32 q4, q4, r0
        vqdmlah.s32 q5, q5, r0
.endif
        vrshl.s32 q4, q4, q3
        vrshl.s32 q5, q5, q3
        vqmovnb.s32 q4, q4
        vqmovnt.s32 q4, q5
        vqadd.s16 q4, q4, q6
        vqmovnb.s16 q4, q4
        td_clamp q4, q2
.endm

/* All channels of two pixels. \depth: what P0 is for; \looped: td_window needs COUNT. */
.macro td_channels_2x4 depth, looped
        ldrd WEIGHTS, TABLE, [sp, #FRAME_CONSTANTS]
.if OUTPUT_CHANNELS / 4
        movw COUNT, #(OUTPUT_CHANNELS / 4)
2:
.if \looped
        str COUNT, [sp, #FRAME_GROUPS]
.endif
        ldm TABLE!, {r0, r2, r4, r6, r8, r10, r12, lr}
        td_window
        td_requantize_2x4
        vstrb.16 q4, [OUTPUT, q7]
        adds OUTPUT, #4
.if \looped
        ldr COUNT, [sp, #FRAME_GROUPS]
.endif
        subs COUNT, #1
        bne 2b
.endif
.if OUTPUT_CHANNELS % 4
        ldm TABLE!, {r0, r2, r4, r6, r8, r10, r12, lr}
        td_window
        td_requantize_2x4
        movs r0, #(OUTPUT_CHANNELS % 4 * 2)
        vctp.16 r0
        vpst
        vstrbt.16 q4, [OUTPUT, q7]
        td_select_lanes \depth
.endif
.endm

/* \pixels pixels, \step bytes apart from FIRST on, whose outputs are adjacent. An odd one at the
 * end is computed twice: nothing beyond it may be touched. FIRST and OUTPUT end where the next
 * pixel would be. */
.macro td_row_2x4 pixels, step, depth
        movw r0, #(((\pixels) + 1) / 2)
1:
        str r0, [sp, #FRAME_PAIRS]
.if (\pixels) % 2
        cmp r0, #1
        bne 3f
        vldrw.u32 q7, [sp, #FRAME_SINGLE]
        mov SECOND, FIRST
        b 4f
3:
.endif
        addw SECOND, FIRST, #(\step)
4:
        td_channels_2x4 \depth, ((\depth) > LONGEST_UNROLLED)
        td_add FIRST, (2 * (\step))
        td_add OUTPUT, (2 * OUTPUT_CHANNELS - OUTPUT_CHANNELS / 4 * 4)
        ldr r0, [sp, #FRAME_PAIRS]
        subs r0, #1
        bne 1b
.if (\pixels) % 2
        vldrw.u32 q7, [sp, #FRAME_OFFSETS]
        td_add FIRST, (-(\step))
        td_add OUTPUT, (-OUTPUT_CHANNELS)
.endif
.endm

/* Fills the frame, q6, q7 and OUTPUT. Changes r0, r2, r4 and r5. */
.macro td_prepare_2x4
        mov OUTPUT, r2
        ldrd r4, r5, [r0]
        strd r4, r5, [sp, #FRAME_CONSTANTS]
        movs r0, #0
        vidup.u16 q0, r0, #1
        vshr.u16 q7, q0, #1
        vstrw.32 q7, [sp, #FRAME_SINGLE]
        vmov.i16 q1, #1
        vand q0, q0, q1
        movw r0, #OUTPUT_CHANNELS
        vmla.u16 q7, q0, r0
        vstrw.32 q7, [sp, #FRAME_OFFSETS]
        td_set r0, OUTPUT_ZERO_POINT
        vdup.16 q6, r0
.endm

#endif
