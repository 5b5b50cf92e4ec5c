#include "td_conv_2d_s8_fast.h"

#include "td_dot.h"
#include "td_window.h"
#include "td_word.h"

#ifndef TD_FUNCTION
#define TD_FUNCTION td_conv_2d_s8_fast
#endif

enum {
  OFFSET = 128,            /* what is added to an int8 to store it as uint8_t */
  LONGEST_RUN_BYTES = 1024 /* sums of a quarter of these bytes fit 16 bits */
};

typedef td_conv_2d_s8_fast_params params;

/* Where the window of a pixel goes, and the sum of what is there. Each four bytes are followed by
 * four of the other pixel's. */
typedef struct {
  uint8_t *to;
  uint32_t sum;
} window;

static inline void put_byte(window *w, uint32_t value) {
  *w->to++ = (uint8_t)value;
  w->sum += value;
  if (TD_DOT_PIXELS > 1 && ((uintptr_t)w->to & 3u) == 0) {
    w->to += 4 * (TD_DOT_PIXELS - 1);
  }
}

static void put_words(window *w, const int8_t *from, int32_t count) {
  const td_word *source = (const td_word *)(const void *)from;
  const td_word *end = source + count / 4;
  td_word *to = (td_word *)(void *)w->to;
  uint32_t even = 0, odd = 0;
  for (; source != end; to += TD_DOT_PIXELS) {
    const uint32_t word = *source++ ^ TD_WORD_OFFSET;
    *to = word;
    even += word & TD_WORD_BYTES;
    odd += word >> 8 & TD_WORD_BYTES;
  }
  w->to = (uint8_t *)to;
  w->sum += (even & 0xffffu) + (even >> 16) + (odd & 0xffffu) + (odd >> 16);
}

/* Elements of the image that lie side by side. */
static void put_values(const params *p, window *w, const int8_t *from, int32_t count) {
  if (p->input_channels % 4 == 0) {
    for (; count > LONGEST_RUN_BYTES; count -= LONGEST_RUN_BYTES, from += LONGEST_RUN_BYTES) {
      put_words(w, from, LONGEST_RUN_BYTES);
    }
    put_words(w, from, count);
  } else {
    for (const int8_t *end = from + count; from != end; ++from) {
      put_byte(w, (uint8_t)*from ^ 0x80u);
    }
  }
}

/* Elements beside the image. */
static void put_padding(const params *p, window *w, int32_t count) {
  for (; count > 0; --count) {
    put_byte(w, (uint32_t)(p->input_zero_point + OFFSET));
  }
}

/* `count` pixels of a row of the image, from column x, which may lie outside. */
static void put_columns(const params *p, window *w, const int8_t *row, int32_t x, int32_t count) {
  const int32_t left = td_clamp(-x, 0, count);
  const int32_t inside = td_clamp(p->input_width - x, left, count) - left;
  put_padding(p, w, left * p->input_channels);
  if (inside > 0) {
    put_values(p, w, row + (x + left) * p->input_channels, inside * p->input_channels);
  }
  put_padding(p, w, (count - left - inside) * p->input_channels);
}

/* The window at (y, x) to `to`; its sum. */
static uint32_t put_window(const params *p, const int8_t *input, int32_t y, int32_t x,
                           uint8_t *to) {
  window w = {to, 0};
  for (int32_t ky = 0; ky < p->kernel_height; ++ky, y += p->dilation_height) {
    const int8_t *row = input + y * p->input_width * p->input_channels;
    if (y < 0 || y >= p->input_height) {
      put_padding(p, &w, p->kernel_width * p->input_channels);
    } else if (p->dilation_width == 1) {
      put_columns(p, &w, row, x, p->kernel_width);
    } else {
      for (int32_t kx = 0; kx < p->kernel_width; ++kx) {
        put_columns(p, &w, row, x + kx * p->dilation_width, 1);
      }
    }
  }
  return w.sum;
}

/* Up to TD_DOT_PIXELS pixels' sums of one channel become outputs. */
static inline void store(const params *p, const td_channel *channel, const int32_t *sums,
                         const uint32_t *offsets, int32_t pixels, int8_t *output) {
  for (int32_t i = 0; i < pixels; ++i, output += p->output_channels) {
    const int32_t sum = (int32_t)((uint32_t)sums[i] - offsets[i]);
    const int32_t value = td_requantize_twice(sum, channel) + p->output_zero_point;
    *output = (int8_t)td_clamp(value, p->output_minimum, p->output_maximum);
  }
}

/* All channels of one or two pixels whose windows are in `values`. */
static void multiply(const params *p, const uint8_t *values, const uint32_t *offsets,
                     int32_t pixels, int8_t *output) {
  const uint8_t *end = values + TD_DOT_PIXELS * p->depth, *weights = p->weights;
  const td_channel *channel = (const td_channel *)(const void *)p->channels;
  const td_channel *last = channel + p->output_channels;
  int32_t sums[TD_DOT_CHANNELS * TD_DOT_PIXELS];
  while (last - channel >= TD_DOT_CHANNELS) {
#if TD_DOT_PIXELS == 2
    td_dot_4x2(values, end, weights, sums);
#else
    td_dot_4x1(values, end, weights, sums);
#endif
    weights += TD_DOT_CHANNELS * p->depth;
    for (int32_t i = 0; i < TD_DOT_CHANNELS; ++i) {
      store(p, channel++, sums + i * TD_DOT_PIXELS, offsets, pixels, output++);
    }
  }
  for (; channel != last; weights += p->depth) {
#if TD_DOT_PIXELS == 2
    td_dot_1x2(values, end, weights, sums);
#else
    sums[0] = td_dot_1x1(values, end, weights);
#endif
    store(p, channel++, sums, offsets, pixels, output++);
  }
}

void TD_FUNCTION(const td_conv_2d_s8_fast_params *p, const int8_t *input, int8_t *output,
                 void *scratch) {
  uint8_t *values = scratch;
  uint32_t offsets[TD_DOT_PIXELS];
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    int32_t pixels = 0;
    for (int32_t y = 0; y < p->output_height; ++y) {
      for (int32_t x = 0; x < p->output_width; ++x) {
        offsets[pixels] =
            OFFSET * put_window(p, input, y * p->stride_height - p->padding_top,
                                x * p->stride_width - p->padding_left, values + 4 * pixels);
        if (++pixels == TD_DOT_PIXELS) {
          multiply(p, values, offsets, pixels, output);
          output += pixels * p->output_channels;
          pixels = 0;
        }
      }
    }
    if (pixels > 0) {
      multiply(p, values, offsets, pixels, output);
      output += pixels * p->output_channels;
    }
    input += p->input_height * p->input_width * p->input_channels;
  }
}
