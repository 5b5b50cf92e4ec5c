#include "td_depthwise_conv_2d_s8_fast.h"

enum { OFFSET = 128 /* what is added to an int8 to store it as uint8_t */ };

typedef td_depthwise_conv_2d_s8_fast_params params;

/* One channel of the image to the middle of the plane; rows and columns that no window reaches
 * don't fit there. */
static void fill_plane(const params *p, const int8_t *input, uint8_t *plane) {
  const int32_t height = td_clamp(p->plane_height - p->padding_top, 0, p->input_height);
  const int32_t width = td_clamp(p->plane_width - p->padding_left, 0, p->input_width);
  const int32_t step = p->input_channels;
  plane += p->padding_top * p->plane_width + p->padding_left;
  for (int32_t y = 0; y < height; ++y) {
    const int8_t *from = input;
    uint8_t *to = plane;
    for (const uint8_t *end = to + width; to != end; from += step) {
      *to++ = (uint8_t)((uint8_t)*from ^ OFFSET);
    }
    input += p->input_width * step;
    plane += p->plane_width;
  }
}

void td_depthwise_conv_2d_s8_fast(const td_depthwise_conv_2d_s8_fast_params *p,
                                  const int8_t *input, int8_t *output, void *scratch) {
  uint8_t *values = scratch;
  const int32_t channels = p->input_channels * p->multiplier;
  const td_depthwise_plane plane = {p->output_height, p->output_width,
                                    p->stride_height * p->plane_width,
                                    p->dilation_height * p->plane_width, channels};
  for (int32_t i = 0; i < p->plane_height * p->plane_width; ++i) {
    values[i] = (uint8_t)(p->input_zero_point + OFFSET);
  }
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    const int8_t *weights = p->weights;
    const td_channel *channel = (const td_channel *)(const void *)p->table;
    for (int32_t c = 0; c < p->input_channels; ++c) {
      fill_plane(p, input + c, values);
      for (int32_t i = 0; i < p->multiplier; ++i, weights += p->kernel_size) {
        p->convolve(&plane, values, weights, channel, output + (c * p->multiplier + i));
        ++channel;
      }
    }
    input += p->input_height * p->input_width * p->input_channels;
    output += p->output_height * p->output_width * channels;
  }
}
