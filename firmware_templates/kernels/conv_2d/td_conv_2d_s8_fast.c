#include "td_conv_2d_s8_fast.h"

#include "td_compiler.h"
#include "td_window.h"

#define EVERY_OTHER_BYTE UINT32_C(0x00ff00ff)
#define FOUR_OFFSETS UINT32_C(0x80808080)

enum {
  OFFSET = 128,            /* what is added to an int8 to store it as uint8_t */
  LONGEST_RUN_BYTES = 1024 /* sums of a quarter of these bytes fit 16 bits */
};

typedef td_conv_2d_s8_fast_params params;

/* Where the next byte of a pixel's window goes, and the sum of those before. Each four bytes are
 * followed by four of the other pixel's. */
typedef struct {
  uint8_t *to;
  uint32_t sum;
} window;

static inline window put_byte(window w, uint32_t value) {
  *w.to++ = (uint8_t)value;
  w.sum += value;
  if (TD_DOT_PIXELS > 1 && ((uintptr_t)w.to & 3u) == 0) {
    w.to += 4 * (TD_DOT_PIXELS - 1);
  }
  return w;
}

static inline window put_words(window w, const int8_t *from, int32_t count) {
  const td_word *source = (const td_word *)(const void *)from;
  const td_word *end = source + count / 4;
  td_word *to = (td_word *)(void *)w.to;
  uint32_t even = 0, odd = 0;
  for (; source != end; to += TD_DOT_PIXELS) {
    const uint32_t word = *source++ ^ FOUR_OFFSETS;
    *to = word;
    even += word & EVERY_OTHER_BYTE;
    odd += word >> 8 & EVERY_OTHER_BYTE;
  }
  w.to = (uint8_t *)to;
  w.sum += (even & 0xffffu) + (even >> 16) + (odd & 0xffffu) + (odd >> 16);
  return w;
}

/* Elements of the image that lie side by side. */
static inline window put_values(const params *p, window w, const int8_t *from, int32_t count) {
  if (p->input_channels % 4 == 0) {
    for (; count > LONGEST_RUN_BYTES; count -= LONGEST_RUN_BYTES, from += LONGEST_RUN_BYTES) {
      w = put_words(w, from, LONGEST_RUN_BYTES);
    }
    return put_words(w, from, count);
  }
  for (const int8_t *end = from + count; from != end; ++from) {
    w = put_byte(w, (uint8_t)*from ^ OFFSET);
  }
  return w;
}

/* Elements beside the image. */
static window put_padding(const params *p, window w, int32_t count) {
  const uint32_t value = (uint32_t)(p->input_zero_point + OFFSET);
  for (; count > 0; --count) {
    w = put_byte(w, value);
  }
  return w;
}

/* `count` pixels of a row of the image, from column x, which may lie outside. */
static window put_columns(const params *p, window w, const int8_t *row, int32_t x, int32_t count) {
  const int32_t left = td_clamp(-x, 0, count);
  const int32_t inside = td_clamp(p->input_width - x, left, count) - left;
  w = put_padding(p, w, left * p->input_channels);
  if (inside > 0) {
    w = put_values(p, w, row + (x + left) * p->input_channels, inside * p->input_channels);
  }
  return put_padding(p, w, (count - left - inside) * p->input_channels);
}

/* A row of the window. */
static window put_row(const params *p, window w, const int8_t *row, int32_t x) {
  if (p->dilation_width == 1) {
    return put_columns(p, w, row, x, p->kernel_width);
  }
  for (int32_t kx = 0; kx < p->kernel_width; ++kx, x += p->dilation_width) {
    w = put_columns(p, w, row, x, 1);
  }
  return w;
}

/* The window at (y, x) to `to`; its sum. */
static uint32_t put_window(const params *p, const int8_t *input, int32_t y, int32_t x,
                           uint8_t *to) {
  const int32_t row_bytes = p->kernel_width * p->input_channels;
  const int32_t last = x + p->kernel_width - 1;
  const int is_inside = x >= 0 && last < p->input_width && p->dilation_width == 1;
  window w = {to, 0};
  for (int32_t ky = 0; ky < p->kernel_height; ++ky, y += p->dilation_height) {
    if (y < 0 || y >= p->input_height) {
      w = put_padding(p, w, row_bytes);
      continue;
    }
    const int8_t *row = input + y * p->input_width * p->input_channels;
    if (is_inside) {
      w = put_values(p, w, row + x * p->input_channels, row_bytes);
    } else {
      w = put_row(p, w, row, x);
    }
  }
  return w.sum;
}

void td_conv_2d_s8_fast(const td_conv_2d_s8_fast_params *p, const int8_t *input, int8_t *output,
                        void *scratch) {
  const td_dot_u8_matrix matrix = {p->depth, p->output_channels, p->weights,
                                   (const td_channel *)(const void *)p->table};
  uint8_t *values = scratch;
  uint32_t offsets[TD_DOT_PIXELS] = {0};
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    int32_t pixels = 0;
    for (int32_t y = 0; y < p->output_height; ++y) {
      for (int32_t x = 0; x < p->output_width; ++x) {
        offsets[pixels] =
            OFFSET * put_window(p, input, y * p->stride_height - p->padding_top,
                                x * p->stride_width - p->padding_left, values + 4 * pixels);
        if (++pixels == TD_DOT_PIXELS) {
          p->dot(&matrix, values, offsets, output, p->output_channels);
          output += TD_DOT_PIXELS * p->output_channels;
          pixels = 0;
        }
      }
    }
    if (pixels > 0) { /* The second pixel's place holds the one before, or nothing. */
      p->dot(&matrix, values, offsets, output, 0);
      output += p->output_channels;
    }
    input += p->input_height * p->input_width * p->input_channels;
  }
}
