#include "td_prelu_s8.h"

#include "td_fixed_point.h"

static int32_t scale(const td_prelu_s8_params *p, int32_t value, int32_t alpha) {
  if (value >= 0) {
    return td_multiply_round_twice(value, p->positive_multiplier, p->positive_shift);
  }
  return td_multiply_round_twice(value * alpha, p->negative_multiplier, p->negative_shift);
}

void td_prelu_s8(const td_prelu_s8_params *p, const int8_t *input, const int8_t *alpha,
                 int8_t *output) {
  const int32_t columns = p->sizes[TD_BROADCAST_RANK - 1];
  const int32_t input_step = p->first_strides[TD_BROADCAST_RANK - 1];
  const int32_t alpha_step = p->second_strides[TD_BROADCAST_RANK - 1];
  td_broadcast_row row = {{0}, 0, 0};
  do {
    const int8_t *a = input + row.first, *b = alpha + row.second;
    for (int32_t i = 0; i < columns; ++i, a += input_step, b += alpha_step) {
      const int32_t scaled = scale(p, *a - p->input_zero_point, *b - p->alpha_zero_point);
      *output++ = (int8_t)td_clamp(td_add(scaled, p->output_zero_point), INT8_MIN, INT8_MAX);
    }
  } while (td_broadcast_next(&row, p->sizes, p->first_strides, p->second_strides));
}
