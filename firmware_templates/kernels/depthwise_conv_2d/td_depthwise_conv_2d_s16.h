#ifndef TD_DEPTHWISE_CONV_2D_S16_H
#define TD_DEPTHWISE_CONV_2D_S16_H

#include <stdint.h>

/* Depthwise convolution of NHWC int16 with int8 weights: input channel c gives the output channels
 * c * multiplier … c * multiplier + multiplier - 1. Sizes are in elements. */
typedef struct {
  int32_t batches;
  int32_t input_height, input_width, input_channels;
  int32_t output_height, output_width, multiplier;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t padding_top, padding_left;
  int32_t output_minimum, output_maximum;
  const int8_t *weights; /* [kernel_height][kernel_width][input_channels * multiplier] */
  const int64_t *bias;
  const int16_t *multipliers; /* one for each output channel, as are bias and right_shifts */
  const int8_t *right_shifts;
} td_depthwise_conv_2d_s16_params;

void td_depthwise_conv_2d_s16(const td_depthwise_conv_2d_s16_params *p, const int16_t *input,
                              int16_t *output);

#endif
