#ifndef TD_DEQUANTIZE_F32_H
#define TD_DEQUANTIZE_F32_H

#include <stdint.h>

/* scale * (input - zero_point). For int8 input, sign_bit is 0x80 and zero_point is 128 more than
 * the tensor's: a flipped sign bit adds 128. */
typedef struct {
  int32_t count;
  float scale;
  int32_t zero_point;
  int32_t sign_bit;
} td_dequantize_f32_params;

void td_dequantize_f32(const td_dequantize_f32_params *p, const uint8_t *input, float *output);

#endif
