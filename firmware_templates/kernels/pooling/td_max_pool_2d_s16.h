#ifndef TD_MAX_POOL_2D_S16_H
#define TD_MAX_POOL_2D_S16_H

#include <stdint.h>

/* Largest element of NHWC int16 under a window, clamped. Sizes are in elements. */
typedef struct {
  int32_t batches, channels;
  int32_t input_height, input_width;
  int32_t output_height, output_width;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t padding_top, padding_left;
  int32_t output_minimum, output_maximum;
} td_max_pool_2d_s16_params;

void td_max_pool_2d_s16(const td_max_pool_2d_s16_params *p, const int16_t *input, int16_t *output);

#endif
