/* What the softmax kernels share: all but where the exponentials come from. */
#ifndef TD_SOFTMAX_H
#define TD_SOFTMAX_H

#include "td_fixed_point.h"

typedef int32_t td_exponential_fn(const void *p, int32_t difference);

enum {
  TD_SUM_INTEGER_BITS = 12,   /* the sum of exponentials is Q12.19 */
  TD_NEWTON_INTEGER_BITS = 2, /* the iteration for the reciprocal is Q2.29 */
  TD_OUTPUT_SHIFT = 31 - 8    /* Q0.31 to 1/256 */
};
#define TD_FORTY_EIGHT_17THS 1515870810         /* Q2.29 */
#define TD_MINUS_THIRTY_TWO_17THS (-1010580540) /* Q2.29 */

/* value * 2^bits, saturated. */
static inline int32_t td_shift_left_saturated(int32_t value, int32_t bits) {
  const int32_t limit = INT32_MAX >> bits;
  return value > limit ? INT32_MAX : value < -limit - 1 ? INT32_MIN : td_shift_left(value, bits);
}

/* 1 / (1 + x) for x in [0, 1), in and out Q0.31: Newton-Raphson on (1 + x) / 2. */
static inline int32_t td_reciprocal_of_one_plus(int32_t x) {
  const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
  int32_t estimate =
      TD_FORTY_EIGHT_17THS + td_doubling_high_multiply(half_denominator, TD_MINUS_THIRTY_TWO_17THS);
  for (int32_t step = 0; step < 3; ++step) {
    const int32_t product = td_doubling_high_multiply(half_denominator, estimate);
    const int32_t error = (1 << (31 - TD_NEWTON_INTEGER_BITS)) - product;
    estimate +=
        td_shift_left_saturated(td_doubling_high_multiply(estimate, error), TD_NEWTON_INTEGER_BITS);
  }
  return td_shift_left_saturated(estimate, TD_NEWTON_INTEGER_BITS - 1);
}

static inline int32_t td_leading_zeros(uint32_t value) {
  int32_t zeros = 0;
  for (; value < UINT32_C(0x80000000); value <<= 1) {
    ++zeros;
  }
  return zeros;
}

static inline int32_t td_row_maximum(const int8_t *row, int32_t depth) {
  int32_t maximum = INT8_MIN;
  for (int32_t i = 0; i < depth; ++i) {
    maximum = row[i] > maximum ? row[i] : maximum;
  }
  return maximum;
}

/* One row of `depth` values; exponential(p, d) is exp of the difference -d in Q0.31. */
static inline void td_softmax_row(const void *p, td_exponential_fn *exponential, int32_t depth,
                                  const int8_t *input, int8_t *output) {
  const int32_t maximum = td_row_maximum(input, depth);
  uint32_t sum = 0;
  for (int32_t i = 0; i < depth; ++i) {
    sum += (uint32_t)td_rounding_divide_by_pot(exponential(p, maximum - input[i]),
                                               TD_SUM_INTEGER_BITS);
  }
  /* The maximum's own exponential is 1, so the sum is never 0. */
  const int32_t zeros = td_leading_zeros(sum);
  const int32_t fraction = (int32_t)((sum << zeros) - UINT32_C(0x80000000));
  const int32_t scale = td_reciprocal_of_one_plus(fraction);
  const int32_t shift = TD_SUM_INTEGER_BITS - zeros + TD_OUTPUT_SHIFT;
  for (int32_t i = 0; i < depth; ++i) {
    const int32_t exact = td_doubling_high_multiply(scale, exponential(p, maximum - input[i]));
    const int32_t value = td_rounding_divide_by_pot(exact, shift < 31 ? shift : 31) + INT8_MIN;
    output[i] = (int8_t)td_clamp(value, INT8_MIN, INT8_MAX);
  }
}

#endif
