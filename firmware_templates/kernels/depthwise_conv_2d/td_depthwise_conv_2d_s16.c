#include "td_depthwise_conv_2d_s16.h"

#include "td_fixed_point.h"

/* One output value before requantization: the window at (y, x), without its padding. */
static int64_t accumulate(const td_depthwise_conv_2d_s16_params *p, const int16_t *input, int32_t y,
                          int32_t x, int32_t channel) {
  const int32_t channels = p->input_channels * p->multiplier;
  const int8_t *weights = p->weights + channel;
  const int16_t *plane = input + channel / p->multiplier;
  int64_t sum = p->bias[channel];
  for (int32_t ky = 0; ky < p->kernel_height; ++ky) {
    const int32_t row = y + ky * p->dilation_height;
    for (int32_t kx = 0; kx < p->kernel_width; ++kx, weights += channels) {
      const int32_t column = x + kx * p->dilation_width;
      if (row >= 0 && row < p->input_height && column >= 0 && column < p->input_width) {
        sum += plane[(row * p->input_width + column) * p->input_channels] * *weights;
      }
    }
  }
  return sum;
}

void td_depthwise_conv_2d_s16(const td_depthwise_conv_2d_s16_params *p, const int16_t *input,
                              int16_t *output) {
  const int32_t channels = p->input_channels * p->multiplier;
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      for (int32_t x = 0; x < p->output_width; ++x) {
        for (int32_t c = 0; c < channels; ++c) {
          const int64_t sum = accumulate(p, input, y * p->stride_height - p->padding_top,
                                         x * p->stride_width - p->padding_left, c);
          const int32_t scaled = td_multiply_short(sum, p->multipliers[c], p->right_shifts[c]);
          *output++ = (int16_t)td_clamp(scaled, p->output_minimum, p->output_maximum);
        }
      }
    }
    input += p->input_height * p->input_width * p->input_channels;
  }
}
