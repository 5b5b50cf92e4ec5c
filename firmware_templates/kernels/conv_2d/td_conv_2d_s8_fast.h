#ifndef TD_CONV_2D_S8_FAST_H
#define TD_CONV_2D_S8_FAST_H

#include <stdint.h>

#include "td_dot_u8.h"

/* Convolution of NHWC int8 without groups. Sizes are in elements. The window of two output pixels
 * is copied to `scratch` (2 * depth bytes, 4-byte aligned), then multiplied with all channels.
 * A pixel's window is read before its outputs are written. */
typedef struct {
  int32_t batches;
  int32_t input_height, input_width, input_channels;
  int32_t output_height, output_width, output_channels;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t padding_top, padding_left;
  int32_t depth; /* kernel_height * kernel_width * input_channels, up to a multiple of 4 */
  int32_t input_zero_point;
  td_dot_u8_fn *dot;
  const uint8_t *weights; /* as in td_dot_u8_matrix */
  const int32_t *table;   /* td_channel, one for each output channel */
} td_conv_2d_s8_fast_params;

void td_conv_2d_s8_fast(const td_conv_2d_s8_fast_params *p, const int8_t *input, int8_t *output,
                        void *scratch);

#endif
