#ifndef TD_TRANSPOSE_CONV_S8_H
#define TD_TRANSPOSE_CONV_S8_H

#include <stdint.h>

/* Transposed convolution of NHWC int8. Sizes are in elements. Input pixel (y, x) meets weight
 * (ky, kx) at output pixel (y * stride_height + ky - padding_top, likewise for x). */
typedef struct {
  int32_t batches;
  int32_t input_height, input_width, input_channels;
  int32_t output_height, output_width, output_channels;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t padding_top, padding_left;
  int32_t input_zero_point, output_zero_point;
  int32_t output_minimum, output_maximum;
  const int8_t *weights; /* [output_channels][kernel_height][kernel_width][input_channels] */
  const int32_t *bias;
  const int32_t *multipliers; /* one for each output channel, as are bias and shifts */
  const int8_t *shifts;
} td_transpose_conv_s8_params;

void td_transpose_conv_s8(const td_transpose_conv_s8_params *p, const int8_t *input,
                          int8_t *output);

#endif
