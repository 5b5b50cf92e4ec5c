#include "td_reduce_sum_s16.h"

#include "td_fixed_point.h"

static int32_t sum_over(const td_reduce_sum_s16_params *p, const int16_t *input) {
  int32_t sum = 0;
  for (int32_t a = 0; a < p->reduced[0]; ++a) {
    for (int32_t b = 0; b < p->reduced[1]; ++b) {
      const int16_t *row = input + a * p->reduced_strides[0] + b * p->reduced_strides[1];
      for (int32_t c = 0; c < p->reduced[2]; ++c, row += p->reduced_strides[2]) {
        sum += *row;
      }
    }
  }
  return sum;
}

void td_reduce_sum_s16(const td_reduce_sum_s16_params *p, const int16_t *input, int16_t *output) {
  for (int32_t a = 0; a < p->kept[0]; ++a) {
    for (int32_t b = 0; b < p->kept[1]; ++b) {
      const int16_t *row = input + a * p->kept_strides[0] + b * p->kept_strides[1];
      for (int32_t c = 0; c < p->kept[2]; ++c, row += p->kept_strides[2]) {
        const int32_t sum = sum_over(p, row);
        const int32_t scaled = td_multiply_round_twice(sum, p->multiplier, p->shift);
        *output++ = (int16_t)td_clamp(scaled, INT16_MIN, INT16_MAX);
      }
    }
  }
}
