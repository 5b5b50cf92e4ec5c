#include "td_negate_f32.h"

void td_negate_f32(const td_negate_f32_params *p, const float *input, float *output) {
  for (int32_t i = 0; i < p->count; ++i) {
    output[i] = -input[i];
  }
}
