#include "td_reduce_max_s8.h"

static int32_t maximum_over(const td_reduce_max_s8_params *p, const int8_t *input) {
  int32_t largest = *input * p->sign;
  for (int32_t a = 0; a < p->reduced[0]; ++a) {
    for (int32_t b = 0; b < p->reduced[1]; ++b) {
      const int8_t *row = input + a * p->reduced_strides[0] + b * p->reduced_strides[1];
      for (int32_t c = 0; c < p->reduced[2]; ++c, row += p->reduced_strides[2]) {
        const int32_t value = *row * p->sign;
        largest = value > largest ? value : largest;
      }
    }
  }
  return largest;
}

void td_reduce_max_s8(const td_reduce_max_s8_params *p, const int8_t *input, int8_t *output) {
  for (int32_t a = 0; a < p->kept[0]; ++a) {
    for (int32_t b = 0; b < p->kept[1]; ++b) {
      const int8_t *row = input + a * p->kept_strides[0] + b * p->kept_strides[1];
      for (int32_t c = 0; c < p->kept[2]; ++c, row += p->kept_strides[2]) {
        *output++ = (int8_t)(maximum_over(p, row) * p->sign);
      }
    }
  }
}
