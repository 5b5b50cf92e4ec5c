#include "td_softmax_s16.h"

#include "td_softmax.h"

enum { INTERVAL_BITS = 7, MIDDLE = 256 };

/* The table at `position`, of which INT16_MIN and INT16_MAX are its ends. */
static int32_t interpolate(const int16_t *table, int32_t position) {
  const int32_t clamped = td_clamp(position, INT16_MIN, INT16_MAX);
  const int16_t *entry = table + MIDDLE + (clamped >> INTERVAL_BITS);
  const int32_t offset = clamped & ((1 << INTERVAL_BITS) - 1);
  const int32_t rise = (entry[1] - entry[0]) * offset;
  return entry[0] + ((rise + (1 << (INTERVAL_BITS - 1))) >> INTERVAL_BITS);
}

static int32_t row_maximum(const int16_t *row, int32_t depth) {
  int32_t maximum = INT16_MIN;
  for (int32_t i = 0; i < depth; ++i) {
    maximum = row[i] > maximum ? row[i] : maximum;
  }
  return maximum;
}

static void softmax_row(const td_softmax_s16_params *p, const int16_t *input, int16_t *output) {
  const int32_t maximum = row_maximum(input, p->depth);
  uint32_t sum = 0;
  for (int32_t i = 0; i < p->depth; ++i) {
    const int32_t scaled = td_multiply_round_twice(input[i] - maximum, p->multiplier, p->shift);
    const int32_t exponential = interpolate(p->exponentials, scaled + INT16_MAX);
    sum += (uint32_t)exponential;
    output[i] = (int16_t)exponential;
  }
  /* The sum is 2^shift * (1 + x); the maximum's own exponential is 1, so it is never 0. */
  const int32_t zeros = td_leading_zeros(sum);
  const int32_t shift = 31 - zeros;
  const int32_t one_plus_x =
      (int32_t)(((sum << (zeros - 1)) + (UINT32_C(1) << 13)) >> 14); /* Q16 */
  const int32_t reciprocal = interpolate(p->reciprocals, one_plus_x - (1 << 16) + INT16_MIN);
  for (int32_t i = 0; i < p->depth; ++i) {
    const int32_t value = (output[i] * reciprocal + (1 << (shift - 1))) >> shift;
    output[i] = (int16_t)td_clamp(value, 0, INT16_MAX);
  }
}

void td_softmax_s16(const td_softmax_s16_params *p, const int16_t *input, int16_t *output) {
  for (int32_t row = 0; row < p->rows; ++row, input += p->depth, output += p->depth) {
    softmax_row(p, input, output);
  }
}
