#ifndef TD_AVERAGE_POOL_2D_S8_MVE_H
#define TD_AVERAGE_POOL_2D_S8_MVE_H

#include <stdint.h>

/* Average of NHWC int8 under a window; elements outside the image count neither in the sum nor in
 * the divisor. Windows have at most 255 elements. Sizes are in elements. */
typedef struct {
  int32_t batches, channels;
  int32_t input_height, input_width;
  int32_t output_height, output_width;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t padding_top, padding_left;
  int32_t output_minimum, output_maximum;
} td_average_pool_2d_s8_mve_params;

void td_average_pool_2d_s8_mve(const td_average_pool_2d_s8_mve_params *p, const int8_t *input,
                               int8_t *output);

#endif
