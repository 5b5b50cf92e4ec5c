#include "td_transpose_conv_s8.h"

#include "td_fixed_point.h"

/* The products of one input pixel with one weight position. */
static int32_t dot(const td_transpose_conv_s8_params *p, const int8_t *pixel,
                   const int8_t *weights) {
  int32_t sum = 0;
  for (int32_t i = 0; i < p->input_channels; ++i) {
    sum += (pixel[i] - p->input_zero_point) * weights[i];
  }
  return sum;
}

/* One output value before requantization. Instead of scattering each input pixel over a scratch
 * image, gather: for the output at (y, x), both counted from the padding's corner, the weights
 * ky = y % stride, + stride, + 2 * stride … meet the input rows y / stride, - 1, - 2 … */
static int32_t accumulate(const td_transpose_conv_s8_params *p, const int8_t *input, int32_t y,
                          int32_t x, int32_t channel) {
  const int8_t *weights =
      p->weights + channel * p->kernel_height * p->kernel_width * p->input_channels;
  int32_t sum = 0;
  int32_t row = y / p->stride_height;
  for (int32_t ky = y % p->stride_height; ky < p->kernel_height && row >= 0;
       ky += p->stride_height, --row) {
    int32_t column = x / p->stride_width;
    for (int32_t kx = x % p->stride_width; kx < p->kernel_width && column >= 0;
         kx += p->stride_width, --column) {
      if (row < p->input_height && column < p->input_width) {
        sum += dot(p, input + (row * p->input_width + column) * p->input_channels,
                   weights + (ky * p->kernel_width + kx) * p->input_channels);
      }
    }
  }
  return td_add(sum, p->bias[channel]);
}

void td_transpose_conv_s8(const td_transpose_conv_s8_params *p, const int8_t *input,
                          int8_t *output) {
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      for (int32_t x = 0; x < p->output_width; ++x) {
        for (int32_t c = 0; c < p->output_channels; ++c) {
          const int32_t sum = accumulate(p, input, y + p->padding_top, x + p->padding_left, c);
          const int32_t scaled = td_add(
              td_multiply_round_twice(sum, p->multipliers[c], p->shifts[c]), p->output_zero_point);
          *output++ = (int8_t)td_clamp(scaled, p->output_minimum, p->output_maximum);
        }
      }
    }
    input += p->input_height * p->input_width * p->input_channels;
  }
}
