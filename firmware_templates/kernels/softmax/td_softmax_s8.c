#include "td_softmax_s8.h"

#include "td_fixed_point.h"

enum {
  SUM_INTEGER_BITS = 12,   /* the sum of exponentials is Q12.19 */
  NEWTON_INTEGER_BITS = 2, /* the iteration for the reciprocal is Q2.29 */
  OUTPUT_SHIFT = 31 - 8    /* Q0.31 to 1/256 */
};
#define FORTY_EIGHT_17THS 1515870810         /* Q2.29 */
#define MINUS_THIRTY_TWO_17THS (-1010580540) /* Q2.29 */

/* value * 2^bits, saturated. */
static int32_t shift_left_saturated(int32_t value, int32_t bits) {
  const int32_t limit = INT32_MAX >> bits;
  return value > limit ? INT32_MAX : value < -limit - 1 ? INT32_MIN : td_shift_left(value, bits);
}

/* 1 / (1 + x) for x in [0, 1), in and out Q0.31: Newton-Raphson on (1 + x) / 2. */
static int32_t reciprocal_of_one_plus(int32_t x) {
  const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
  int32_t estimate =
      FORTY_EIGHT_17THS + td_doubling_high_multiply(half_denominator, MINUS_THIRTY_TWO_17THS);
  for (int32_t step = 0; step < 3; ++step) {
    const int32_t product = td_doubling_high_multiply(half_denominator, estimate);
    const int32_t error = (1 << (31 - NEWTON_INTEGER_BITS)) - product;
    estimate +=
        shift_left_saturated(td_doubling_high_multiply(estimate, error), NEWTON_INTEGER_BITS);
  }
  return shift_left_saturated(estimate, NEWTON_INTEGER_BITS - 1);
}

static int32_t leading_zeros(uint32_t value) {
  int32_t zeros = 0;
  for (; value < UINT32_C(0x80000000); value <<= 1) {
    ++zeros;
  }
  return zeros;
}

static int32_t row_maximum(const int8_t *row, int32_t depth) {
  int32_t maximum = INT8_MIN;
  for (int32_t i = 0; i < depth; ++i) {
    maximum = row[i] > maximum ? row[i] : maximum;
  }
  return maximum;
}

static int32_t exponential(const td_softmax_s8_params *p, int32_t difference) {
  return difference < p->table_length ? p->exponentials[difference] : 0;
}

static void softmax_row(const td_softmax_s8_params *p, const int8_t *input, int8_t *output) {
  const int32_t maximum = row_maximum(input, p->depth);
  uint32_t sum = 0;
  for (int32_t i = 0; i < p->depth; ++i) {
    sum +=
        (uint32_t)td_rounding_divide_by_pot(exponential(p, maximum - input[i]), SUM_INTEGER_BITS);
  }
  /* The maximum's own exponential is 1, so the sum is never 0. */
  const int32_t zeros = leading_zeros(sum);
  const int32_t fraction = (int32_t)((sum << zeros) - UINT32_C(0x80000000));
  const int32_t scale = reciprocal_of_one_plus(fraction);
  const int32_t shift = SUM_INTEGER_BITS - zeros + OUTPUT_SHIFT;
  for (int32_t i = 0; i < p->depth; ++i) {
    const int32_t exact = td_doubling_high_multiply(scale, exponential(p, maximum - input[i]));
    const int32_t value = td_rounding_divide_by_pot(exact, shift < 31 ? shift : 31) + INT8_MIN;
    output[i] = (int8_t)td_clamp(value, INT8_MIN, INT8_MAX);
  }
}

void td_softmax_s8(const td_softmax_s8_params *p, const int8_t *input, int8_t *output) {
  for (int32_t row = 0; row < p->rows; ++row, input += p->depth, output += p->depth) {
    softmax_row(p, input, output);
  }
}
