#ifndef TD_MAX_POOL_2D_S8_DSP_H
#define TD_MAX_POOL_2D_S8_DSP_H

#include <stdint.h>

/* As td_max_pool_2d_s8, four channels at a time (four at least). */
typedef struct {
  int32_t batches, channels;
  int32_t input_height, input_width;
  int32_t output_height, output_width;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t padding_top, padding_left;
  int32_t output_minimum, output_maximum;
} td_max_pool_2d_s8_dsp_params;

void td_max_pool_2d_s8_dsp(const td_max_pool_2d_s8_dsp_params *p, const int8_t *input,
                           int8_t *output);

#endif
