#include "td_add_s16.h"

#include "td_fixed_point.h"

#define EXTRA_BITS 15

static int32_t to_common_scale(int32_t value, int32_t multiplier, int32_t shift) {
  return td_multiply_round_twice(td_shift_left(value, EXTRA_BITS), multiplier, shift);
}

void td_add_s16(const td_add_s16_params *p, const int16_t *first, const int16_t *second,
                int16_t *output) {
  const int32_t columns = p->sizes[TD_BROADCAST_RANK - 1];
  const int32_t first_step = p->first_strides[TD_BROADCAST_RANK - 1];
  const int32_t second_step = p->second_strides[TD_BROADCAST_RANK - 1];
  td_broadcast_row row = {{0}, 0, 0};
  do {
    const int16_t *a = first + row.first, *b = second + row.second;
    for (int32_t i = 0; i < columns; ++i, a += first_step, b += second_step) {
      const int32_t sum = to_common_scale(*a, p->first_multiplier, p->first_shift) +
                          to_common_scale(*b, p->second_multiplier, p->second_shift);
      const int32_t scaled = td_multiply_round_twice(sum, p->output_multiplier, p->output_shift);
      *output++ = (int16_t)td_clamp(scaled, p->output_minimum, p->output_maximum);
    }
  } while (td_broadcast_next(&row, p->sizes, p->first_strides, p->second_strides));
}
