#include "td_depthwise_conv_2d_s8.h"

#include "td_fixed_point.h"

/* One output value before requantization: the window at (y, x), without its padding. */
static int32_t accumulate(const td_depthwise_conv_2d_s8_params *p, const int8_t *input, int32_t y,
                          int32_t x, int32_t channel) {
  const int32_t channels = p->input_channels * p->multiplier;
  const int8_t *weights = p->weights + channel;
  const int8_t *plane = input + channel / p->multiplier;
  int32_t sum = 0;
  for (int32_t ky = 0; ky < p->kernel_height; ++ky) {
    const int32_t row = y + ky * p->dilation_height;
    for (int32_t kx = 0; kx < p->kernel_width; ++kx, weights += channels) {
      const int32_t column = x + kx * p->dilation_width;
      if (row >= 0 && row < p->input_height && column >= 0 && column < p->input_width) {
        const int32_t value = plane[(row * p->input_width + column) * p->input_channels];
        sum += (value - p->input_zero_point) * *weights;
      }
    }
  }
  return td_add(sum, p->bias[channel]);
}

void td_depthwise_conv_2d_s8(const td_depthwise_conv_2d_s8_params *p, const int8_t *input,
                             int8_t *output) {
  const int32_t channels = p->input_channels * p->multiplier;
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      for (int32_t x = 0; x < p->output_width; ++x) {
        for (int32_t c = 0; c < channels; ++c) {
          const int32_t sum = accumulate(p, input, y * p->stride_height - p->padding_top,
                                         x * p->stride_width - p->padding_left, c);
          const int32_t scaled = td_add(
              td_multiply_round_twice(sum, p->multipliers[c], p->shifts[c]), p->output_zero_point);
          *output++ = (int8_t)td_clamp(scaled, p->output_minimum, p->output_maximum);
        }
      }
    }
    input += p->input_height * p->input_width * p->input_channels;
  }
}
