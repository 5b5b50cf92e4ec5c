/* Assembler macros of the matrix kernels for the Arm DSP extension.
 *
 * A tile is three pixels by two output channels. Both channels' weights share a 16-bit lane,
 * 256 * high + low: one SMLAD adds 256 * high + low sums of two products, SXTB16 then leaves low's
 * weights alone, and a second SMLAD adds low's own sums. A subtraction at the end separates the
 * two. It halves the unpacking of weights, which stay one byte each in flash.
 *
 * Columns are the inputs of three pixels, widened: for each pair of inputs a word a pixel.
 * The stream is, for each two channels: 256 * high + low bias, low bias, a word of weights for each
 * pair of inputs, then what requantizes.
 */
/* clang-format off */
#ifndef TD_DSP_H
#define TD_DSP_H

#define COLUMNS r0
#define STREAM r1
#define HIGH0 r2 /* sums of the first channel (later alone), a pixel each */
#define HIGH1 r3
#define HIGH2 r4
#define LOW0 r5 /* and of the second */
#define LOW1 r6
#define LOW2 r7
#define X0 r8 /* two inputs of each pixel */
#define X1 r9
#define X2 r10
#define W0 r11 /* two weights of both channels */
#define W1 r12
#define W2 lr

/* Frame on the stack, in bytes: */
#define FRAME_OUTPUT 0
#define FRAME_END 4 /* of the stream */
#define FRAME_COLUMNS 8
#define FRAME_BLOCKS_END 12 /* of the columns that a loop over blocks of pairs reads */
#define FRAME_COLUMNS_END 16
#define FRAME_OUTPUTS 20 /* bytes from a pixel's output to the next pixel's */
#define FRAME_ROUNDING 24
#define FRAME_BYTES 28

        .syntax unified
        .thumb

/* Adds a pair of inputs; `high` and `low` are what the sums were before. */
.macro td_pair weights, high0=HIGH0, high1=HIGH1, low0=LOW0, low1=LOW1
        ldmia COLUMNS!, {X0, X1, X2}
        smlad HIGH0, \weights, X0, \high0
        smlad HIGH1, \weights, X1, \high1
        smlad HIGH2, \weights, X2, HIGH2
        sxtb16 \weights, \weights
        smlad LOW0, \weights, X0, \low0
        smlad LOW1, \weights, X1, \low1
        smlad LOW2, \weights, X2, LOW2
.endm

/* The first pair of a tile: the biases are in HIGH2 and LOW2, for all pixels. */
.macro td_first_pair weights
        td_pair \weights, HIGH2, HIGH2, LOW2, LOW2
.endm

.macro td_separate
        sub HIGH0, HIGH0, LOW0
        sub HIGH1, HIGH1, LOW1
        sub HIGH2, HIGH2, LOW2
.endm

/* One channel's first rounding as the reference does it (SMMLAR), then its second: ties away from
 * zero by a constant that is 1 less for negative sums. The constant is (2 * zero point + 1) << shift
 * for a second rounding by shift + 1 bits. COLUMNS is a spare register here. */
.macro td_round_twice sum, multiplier, constant, shift
        add COLUMNS, \constant, \sum, asr #31
        smmlar \sum, \sum, \multiplier, COLUMNS
        asr \sum, \sum, \shift
        ssat \sum, #8, \sum, asr #1
.endm

/* One channel's sums of three pixels, brought to twice their value by `scale` (ASR or LSL). */
.macro td_round_pixels_twice scale, places, sum0, sum1, sum2, multiplier, constant, shift
        \scale \sum0, \sum0, #\places
        \scale \sum1, \sum1, #\places
        \scale \sum2, \sum2, #\places
        td_round_twice \sum0, \multiplier, \constant, \shift
        td_round_twice \sum1, \multiplier, \constant, \shift
        td_round_twice \sum2, \multiplier, \constant, \shift
.endm

/* The first channel's, which are 256 times too large after td_separate. */
.macro td_round_high_twice multiplier, constant, shift
        td_round_pixels_twice asr, 7, HIGH0, HIGH1, HIGH2, \multiplier, \constant, \shift
.endm

/* The second channel's. */
.macro td_round_low_twice multiplier, constant, shift
        td_round_pixels_twice lsl, 1, LOW0, LOW1, LOW2, \multiplier, \constant, \shift
.endm

/* Rounds with little in the stream: the top byte of LOW holds both shifts, less 1, and
 * `td_rounding` must leave 2 * zero point + 1 in X0. Leaves COLUMNS and X, W to be reloaded. */
.macro td_requantize_exactly
        td_separate
        sbfx X0, LOW0, #0, #24
        sub X0, LOW0, X0
        lsr X1, X0, #28
        ubfx X2, X0, #24, #4
        ldmia STREAM!, {W0, W1}
        td_rounding
        lsl W2, X0, X1
        td_round_high_twice W0, W2, X1
        lsl W2, X0, X2
        sbfx LOW0, LOW0, #0, #24
        sbfx LOW1, LOW1, #0, #24
        sbfx LOW2, LOW2, #0, #24
        td_round_low_twice W1, W2, X2
.endm

#endif
