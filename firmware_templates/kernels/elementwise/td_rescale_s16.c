#include "td_rescale_s16.h"

#include "td_fixed_point.h"

void td_rescale_s16(const td_rescale_s16_params *p, const int16_t *input, int16_t *output) {
  for (int32_t i = 0; i < p->count; ++i) {
    const int32_t scaled = td_multiply_round_twice(input[i], p->multiplier, p->shift);
    output[i] = (int16_t)td_clamp(scaled, p->output_minimum, p->output_maximum);
  }
}
