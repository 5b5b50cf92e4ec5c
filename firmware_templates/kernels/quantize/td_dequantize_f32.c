#include "td_dequantize_f32.h"

void td_dequantize_f32(const td_dequantize_f32_params *p, const uint8_t *input, float *output) {
  for (int32_t i = 0; i < p->count; ++i) {
    output[i] = p->scale * (float)((input[i] ^ p->sign_bit) - p->zero_point);
  }
}
