#ifndef TD_QUANTIZE_F32_H
#define TD_QUANTIZE_F32_H

#include <stdint.h>

/* round(input / scale) + zero_point, clamped to an 8-bit range: -128 … 127 or 0 … 255.
 *
 * Numbers of 2^31 scales and more saturate as well; the reference overflows there, and what it
 * returns is up to its compiler. */
typedef struct {
  int32_t count;
  float scale;
  int32_t zero_point;
  int32_t output_minimum, output_maximum;
} td_quantize_f32_params;

/* `output` holds int8_t or uint8_t, as the range says. */
void td_quantize_f32(const td_quantize_f32_params *p, const float *input, uint8_t *output);

#endif
