#ifndef TD_DEPTHWISE_CONV_2D_S8_FAST_H
#define TD_DEPTHWISE_CONV_2D_S8_FAST_H

#include <stdint.h>

#include "td_depthwise_plane_u8.h"

/* Depthwise convolution of NHWC int8, channel by channel: each one is copied to `scratch` with its
 * padding (plane_height * plane_width bytes), then convolved. Sizes are in elements.
 *
 * The output may start exactly where the input does: with a multiplier of 1, pixel i of a channel
 * lands on pixel i of the same channel, which has been read. */
typedef struct {
  int32_t batches;
  int32_t input_height, input_width, input_channels;
  int32_t output_height, output_width, multiplier;
  int32_t stride_height, dilation_height;
  int32_t padding_top, padding_left;
  int32_t plane_height, plane_width;
  int32_t kernel_size; /* elements */
  int32_t input_zero_point;
  td_depthwise_plane_u8_fn *convolve;
  const int8_t *weights; /* [input_channels * multiplier][kernel_height][kernel_width] */
  const int32_t *table;  /* td_channel, one for each output channel */
} td_depthwise_conv_2d_s8_fast_params;

void td_depthwise_conv_2d_s8_fast(const td_depthwise_conv_2d_s8_fast_params *p, const int8_t *input,
                                  int8_t *output, void *scratch);

#endif
