/* A row of outputs of four channels, 3x3: see td_depthwise_dsp.h.
 *
 * A word holds two columns. With stride 1, outputs 2i and 2i + 1 need words i and i + 1; with
 * stride 2, output i does: in either case two multiplications for each row of the window.
 */
        .syntax unified
        .thumb

#define RING r0
#define CHANNEL r2
#if TD_BLOCK <= 4
#define OUTPUT r1
#define BIAS r3
#define SUM0 r4
#define SUM1 r5
#define SUM2 r6
#define SUM3 r7
#if TD_STRIDE == 1
#define WORD0 r8
#define WORD1 r9
#define WORD2 r10
#else
#define WORD0 r7
#define WORD1 r8
#define WORD2 r9
#define WORD3 r10
#endif
#define WEIGHTS01 r11
#define WEIGHTS12 r12
#define COUNT lr
#define SHIFT r8
#define CONSTANT r9
#define STEP r10
#else /* no register is left for where outputs go: the row is one block */
#define OUTPUT r9
#define SUM0 r3
#define SUM1 r4
#define SUM2 r5
#define SUM3 r6
#define SUM4 r7
#if TD_BLOCK == 5
#define BIAS r7
#else
#define SUM5 r8
#define BIAS r8
#endif
#define WORD0 r9
#define WORD1 r10
#define WORD2 r11
#define WORD3 r12
#define WEIGHTS01 r1
#define WEIGHTS12 lr
#define SHIFT r10
#define CONSTANT r11
#define STEP r12
#endif

#if TD_STRIDE == 2 ? TD_BLOCK == 1 : TD_BLOCK <= 2
#define WORDS WORD0, WORD1
#elif TD_STRIDE == 2 ? TD_BLOCK == 2 : TD_BLOCK <= 4
#define WORDS WORD0, WORD1, WORD2
#else
#define WORDS WORD0, WORD1, WORD2, WORD3
#endif

#define CHANNEL_BYTES 40
#define CHANNEL_BIAS 24
#define CHANNEL_MULTIPLIER 28
#define CHANNEL_SHIFT 36

/* Frame on the stack, in bytes: */
#define FRAME_OUTPUT 0
#define FRAME_END 4 /* of the channels */
#define FRAME_BLOCKS 8
#define FRAME_SKIPPED 12
#define FRAME_STEP 16
#define FRAME_BYTES 20

/* Rows of the window from which three columns start in the first lane of a word … */
.macro td_even sum, first, second, before
        smlad \sum, \first, WEIGHTS01, \before
        smlabt \sum, \second, WEIGHTS12, \sum
.endm

/* … and in its second lane. */
.macro td_odd sum, first, second, before
        smlatb \sum, \first, WEIGHTS01, \before
        smlad \sum, \second, WEIGHTS12, \sum
.endm

/* Adds a row of the ring; `before` is what the sums were, if not these. */
.macro td_row number, before0=SUM0, before1=SUM1, before2=SUM2, before3=SUM3, before4=SUM4, \
        before5=SUM5
        ldmia RING!, {WORDS}
        ldrd WEIGHTS01, WEIGHTS12, [CHANNEL, #(8 * \number)]
#if TD_STRIDE == 2
        td_even SUM0, WORD0, WORD1, \before0
#if TD_BLOCK > 1
        td_even SUM1, WORD1, WORD2, \before1
#endif
#if TD_BLOCK > 2
        td_even SUM2, WORD2, WORD3, \before2
#endif
#else
        td_even SUM0, WORD0, WORD1, \before0
#if TD_BLOCK > 1
        td_odd SUM1, WORD0, WORD1, \before1
#endif
#if TD_BLOCK > 2
        td_even SUM2, WORD1, WORD2, \before2
#endif
#if TD_BLOCK > 3
        td_odd SUM3, WORD1, WORD2, \before3
#endif
#if TD_BLOCK > 4
        td_even SUM4, WORD2, WORD3, \before4
#endif
#if TD_BLOCK > 5
        td_odd SUM5, WORD2, WORD3, \before5
#endif
#endif
.endm

/* Rounds and stores output `number` of the block. */
.macro td_finish number, sum
#if TD_SHIFT
        smmla \sum, \sum, WEIGHTS01, WEIGHTS12
        ssat \sum, #8, \sum, asr #TD_SHIFT
#else
        add CONSTANT, WEIGHTS12, \sum, asr #31
        smmlar \sum, \sum, WEIGHTS01, CONSTANT
        asr \sum, \sum, SHIFT
        ssat \sum, #8, \sum
#endif
#if TD_CHANNELS == 0
        strb \sum, [OUTPUT]
        add OUTPUT, OUTPUT, STEP
#elif TD_CHANNELS < 256
        strb \sum, [OUTPUT], #TD_CHANNELS
#else
        strb \sum, [OUTPUT, #(\number * TD_CHANNELS)]
#endif
.endm

        .section .text.TD_FUNCTION, "ax", %progbits
        .global TD_FUNCTION
        .type TD_FUNCTION, %function
        .thumb_func
        .balign 4
TD_FUNCTION:
        push {r4-r11, lr}
        sub sp, sp, #FRAME_BYTES
        ldmia r3, {r4-r6}
        add r3, CHANNEL, #(4 * CHANNEL_BYTES)
        strd r1, r3, [sp, #FRAME_OUTPUT]
        strd r4, r5, [sp, #FRAME_BLOCKS]
        str r6, [sp, #FRAME_STEP]
.Lchannels:
#if TD_BLOCK <= 4
        ldr COUNT, [sp, #FRAME_BLOCKS]
        ldr OUTPUT, [sp, #FRAME_OUTPUT]
#endif
        ldr BIAS, [CHANNEL, #CHANNEL_BIAS]
.Lblocks:
        td_row 0, BIAS, BIAS, BIAS, BIAS, BIAS, BIAS
        td_row 1
        td_row 2
        ldrd WEIGHTS01, WEIGHTS12, [CHANNEL, #CHANNEL_MULTIPLIER]
#if TD_BLOCK > 4
        ldr OUTPUT, [sp, #FRAME_OUTPUT]
#endif
#if !TD_SHIFT
        ldr SHIFT, [CHANNEL, #CHANNEL_SHIFT]
#endif
#if TD_CHANNELS == 0
        ldr STEP, [sp, #FRAME_STEP]
#endif
        td_finish 0, SUM0
#if TD_BLOCK > 1
        td_finish 1, SUM1
#endif
#if TD_BLOCK > 2
        td_finish 2, SUM2
#endif
#if TD_BLOCK > 3
        td_finish 3, SUM3
#endif
#if TD_BLOCK > 4
        td_finish 4, SUM4
#endif
#if TD_BLOCK > 5
        td_finish 5, SUM5
#endif
#if TD_BLOCK <= 4
#if TD_CHANNELS >= 256
        add OUTPUT, OUTPUT, #(TD_BLOCK * TD_CHANNELS)
#endif
        subs COUNT, COUNT, #1
        bne .Lblocks
#endif
        ldrd r3, r4, [sp, #FRAME_OUTPUT]
        add CHANNEL, CHANNEL, #CHANNEL_BYTES
        add r3, r3, #1
#if TD_CHANNELS == 0
        ldr r5, [sp, #FRAME_SKIPPED]
        add RING, RING, r5
#endif
        str r3, [sp, #FRAME_OUTPUT]
        cmp CHANNEL, r4
        bne .Lchannels
        add sp, sp, #FRAME_BYTES
        pop {r4-r11, pc}
        .size TD_FUNCTION, . - TD_FUNCTION
