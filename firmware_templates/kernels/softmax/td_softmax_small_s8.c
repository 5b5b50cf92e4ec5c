#include "td_softmax_small_s8.h"

#include "td_softmax.h"

enum { QUARTER = 1 << 24, FRACTION_SHIFT = 5 }; /* of Q5.26; to Q0.31 */
#define EXP_OF_MINUS_EIGHTH 1895147668
#define THIRD 715827883

/* exp on [-1/4, 0), Q0.31: a Taylor polynomial of degree 4 around -1/8. */
static int32_t exp_of_fraction(int32_t value) {
  const int32_t x = value + (1 << 28);
  const int32_t square = td_doubling_high_multiply(x, x);
  const int32_t cube = td_doubling_high_multiply(square, x);
  const int32_t fourth = td_doubling_high_multiply(square, square);
  const int32_t sum = td_rounding_divide_by_pot(fourth, 2) + cube;
  const int32_t tail = td_rounding_divide_by_pot(td_doubling_high_multiply(sum, THIRD) + square, 1);
  return EXP_OF_MINUS_EIGHTH + td_doubling_high_multiply(EXP_OF_MINUS_EIGHTH, x + tail);
}

/* exp of a value <= 0 in Q5.26, in Q0.31: whole quarters, then the fraction. */
static int32_t exp_of_negative(int32_t value) {
  /* exp(-1/4), exp(-1/2), exp(-1), ... exp(-16) in Q0.31. */
  static const int32_t td_w_exp_of_minus_powers[] = {1672461947, 1302514674, 790015084, 290630308,
                                                     39332535,   720401,     242};
  if (value == 0) {
    return INT32_MAX;
  }
  const int32_t fraction = (value & (QUARTER - 1)) - QUARTER;
  int32_t quarters = (fraction - value) / QUARTER;
  int32_t result = exp_of_fraction(td_shift_left_saturated(fraction, FRACTION_SHIFT));
  for (const int32_t *factor = td_w_exp_of_minus_powers; quarters != 0; quarters >>= 1, ++factor) {
    if ((quarters & 1) != 0) {
      result = td_doubling_high_multiply(result, *factor);
    }
  }
  return result;
}

static int32_t exponential(const void *params, int32_t difference) {
  const td_softmax_small_s8_params *p = params;
  if (difference > p->radius) {
    return 0;
  }
  const int32_t shifted = td_shift_left(-difference, p->shift);
  return exp_of_negative(td_doubling_high_multiply(shifted, p->multiplier));
}

void td_softmax_small_s8(const td_softmax_small_s8_params *p, const int8_t *input, int8_t *output) {
  for (int32_t row = 0; row < p->rows; ++row, input += p->depth, output += p->depth) {
    td_softmax_row(p, exponential, p->depth, input, output);
  }
}
