#include "td_depthwise_conv_2d_s8_fast.h"

#include "td_compiler.h"

enum { OFFSET = 128 /* what is added to an int8 to store it as uint8_t */ };

typedef td_depthwise_conv_2d_s8_fast_params params;

static inline uint8_t unsigned_of(int8_t value) { return (uint8_t)((uint8_t)value ^ OFFSET); }

/* `count` values that lie `step` apart. */
static inline void copy_row(const int8_t *from, int32_t step, int32_t count, uint8_t *to) {
  for (; count >= 4; count -= 4, to += 4) {
    TD_UNROLL(4)
    for (int32_t i = 0; i < 4; ++i, from += step) {
      to[i] = unsigned_of(*from);
    }
  }
  for (; count > 0; --count, from += step) {
    *to++ = unsigned_of(*from);
  }
}

/* One channel of the image to the middle of the plane; rows and columns that no window reaches
 * don't fit there. */
static void fill_plane(const params *p, const int8_t *input, uint8_t *plane) {
  const int32_t height = td_clamp(p->plane_height - p->padding_top, 0, p->input_height);
  const int32_t width = td_clamp(p->plane_width - p->padding_left, 0, p->input_width);
  const int32_t step = p->input_channels, row_step = p->input_width * step;
  const int32_t plane_width = p->plane_width;
  plane += p->padding_top * plane_width + p->padding_left;
  for (int32_t y = 0; y < height; ++y, input += row_step, plane += plane_width) {
    copy_row(input, step, width, plane);
  }
}

void td_depthwise_conv_2d_s8_fast(const td_depthwise_conv_2d_s8_fast_params *p, const int8_t *input,
                                  int8_t *output, void *scratch) {
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
