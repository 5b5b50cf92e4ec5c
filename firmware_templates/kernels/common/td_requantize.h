/* From the sum of one output to its int8 value, in few instructions.
 *
 * These forms are exact where the host has checked that |sum| < 2^29, multiplier >= 0, and the
 * shift is in the range below; kernels that can't promise it use td_fixed_point.h.
 */
#ifndef TD_REQUANTIZE_H
#define TD_REQUANTIZE_H

#include <stdint.h>

#include "td_fixed_point.h"

/* One output channel: added to the sum, then multiplied, then shifted. */
typedef struct {
  int32_t bias, multiplier, shift;
} td_channel;

#if defined(__ARM_ARCH_6M__)
/* This core multiplies 32 bits by 32 into 32 only: four products of halves. The two middle ones
 * and the carry into them lie in (-2^29, 2^31 + 2^29); less 2^30 they fit an int32_t. `round` is
 * added at bit 16 and below 2^15; the result is (value * multiplier + (round << 16)) >> 32. */
static inline int32_t td_middle(int32_t value, int32_t multiplier, uint32_t round) {
  const uint32_t low = (uint32_t)value & 0xffffu, factor_low = (uint32_t)multiplier & 0xffffu;
  const uint32_t factor_high = (uint32_t)multiplier >> 16;
  const uint32_t middle = low * factor_high + (low * factor_low >> 16);
  return (int32_t)(middle + round - (UINT32_C(1) << 30)) + (value >> 16) * (int32_t)factor_low;
}

/* (value * multiplier) >> 32, rounded down. */
static inline int32_t td_high(int32_t value, int32_t multiplier) {
  return (value >> 16) * (multiplier >> 16) + (td_middle(value, multiplier, 0) >> 16) + (1 << 14);
}

/* (value * multiplier) >> 31, rounded to nearest, ties up. */
static inline int32_t td_doubled_high(int32_t value, int32_t multiplier) {
  return (value >> 16) * (multiplier >> 16) * 2 + (td_middle(value, multiplier, 1u << 14) >> 15) +
         (1 << 15);
}
#else
static inline int32_t td_high(int32_t value, int32_t multiplier) {
  return (int32_t)(((int64_t)value * multiplier) >> 32);
}

static inline int32_t td_doubled_high(int32_t value, int32_t multiplier) {
  return (int32_t)(((int64_t)(2 * value) * multiplier + ((int64_t)1 << 31)) >> 32);
}
#endif

/* For factors above those that the functions below can express, the host gives a shift below 1:
 * the sum, bias included, is shifted left first. Still below 2^29, as the host has checked. */
static inline int32_t td_amplify(int32_t sum, td_channel *channel) {
  const int32_t left = channel->shift < 1 ? 1 - channel->shift : 0;
  const int32_t amplified = td_shift_left(td_add(sum, channel->bias), left);
  channel->bias = 0;
  channel->shift += left;
  return amplified;
}

/* td_multiply_round_twice(sum + bias, multiplier, 1 - shift), shift 1 to 30.
 *
 * With x the rounded high product and e = shift - 1, the reference divides x by 2^e, ties away
 * from zero: floor((x + 2^(e-1) - [x < 0]) / 2^e) for e > 0, x for e = 0. Doubled, both are
 * floor((2x + 2^e - [x < 0]) / 2^(e+1)): for e > 0 the two differ by one half of an odd number
 * below the line. The first rounding's "ties away" is ties up, as the reference truncates. */
static inline int32_t td_requantize_twice(int32_t sum, const td_channel *channel) {
  const int32_t x = td_doubled_high(td_add(sum, channel->bias), channel->multiplier);
  return (2 * x + (1 << (channel->shift - 1)) + (x >> 31)) >> channel->shift;
}

/* The same where negative results are clipped to 0 afterwards: their rounding doesn't matter. */
static inline int32_t td_requantize_twice_positive(int32_t sum, const td_channel *channel) {
  const int32_t x = td_doubled_high(td_add(sum, channel->bias), channel->multiplier);
  return (2 * x + (1 << (channel->shift - 1))) >> channel->shift;
}

/* td_multiply_round_once(sum + bias, multiplier, -1 - shift), shift 1 to 30: the rounding term
 * lies wholly in the high word. */
static inline int32_t td_requantize_once(int32_t sum, const td_channel *channel) {
  const int32_t x = td_high(td_add(sum, channel->bias), channel->multiplier);
  return (x + (1 << (channel->shift - 1))) >> channel->shift;
}

#endif
