#ifndef TD_DEPTHWISE_CONV_2D_S8_H
#define TD_DEPTHWISE_CONV_2D_S8_H

#include <stdint.h>

/* Depthwise convolution of NHWC int8: input channel c gives the output channels
 * c * multiplier … c * multiplier + multiplier - 1. Sizes are in elements. */
typedef struct {
  int32_t batches;
  int32_t input_height, input_width, input_channels;
  int32_t output_height, output_width, multiplier;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t padding_top, padding_left;
  int32_t input_zero_point, output_zero_point;
  int32_t output_minimum, output_maximum;
  const int8_t *weights; /* [kernel_height][kernel_width][input_channels * multiplier] */
  const int32_t *bias;
  const int32_t *multipliers; /* one for each output channel, as are bias and shifts */
  const int8_t *shifts;
} td_depthwise_conv_2d_s8_params;

void td_depthwise_conv_2d_s8(const td_depthwise_conv_2d_s8_params *p, const int8_t *input,
                             int8_t *output);

#endif
