#include "td_conv_2d_s8_dsp.h"

#include <string.h>

#define PIXELS 3

/* A window: where it starts in its batch's image (negative in the padding). */
typedef struct {
  const int8_t *image;
  int32_t y, x;
} window;

/* A window beyond the end of its row of windows, where it belongs. */
static void wrap(const td_conv_2d_s8_dsp_params *p, window *at) {
  const int32_t row = p->output_width * p->stride_width;
  for (; at->x >= row - p->padding_left; at->x -= row) {
    at->y += p->stride_height;
  }
  if (at->y >= p->output_height * p->stride_height - p->padding_top) {
    at->y = -p->padding_top;
    at->image += p->input_height * p->row_bytes;
  }
}

/* The window of the output pixel that comes `pixels` later. */
static inline void advance(const td_conv_2d_s8_dsp_params *p, window *at, int32_t pixels) {
  at->x += pixels * p->stride_width;
  if (at->x >= p->output_width * p->stride_width - p->padding_left) {
    wrap(p, at);
  }
}

static int is_whole(const td_conv_2d_s8_dsp_params *p, const window *at) {
  return (uint32_t)at->y < p->whole[0] && (uint32_t)at->x < p->whole[1];
}

static const int8_t *start_of(const td_conv_2d_s8_dsp_params *p, const window *at) {
  return at->image + at->y * p->row_bytes + at->x * p->input_channels;
}

/* So many windows from `at` on lie inside the image, one at a stride from the other. */
static int32_t steady_pixels(const td_conv_2d_s8_dsp_params *p, const window *at) {
  if (!is_whole(p, at)) {
    return 0;
  }
  if (p->joins_rows) {
    return ((int32_t)p->whole[0] - at->y) * p->output_width - at->x;
  }
  return ((int32_t)p->whole[1] - at->x + p->stride_width - 1) / p->stride_width;
}

/* A row of a window that the image does not hold as it is: gathered, with padding. Neighbours in
 * the window are neighbours in the image, or single columns. */
static const int8_t *gather(const td_conv_2d_s8_dsp_params *p, const int8_t *row, int32_t x,
                            int8_t *segment) {
  const int32_t run = p->dilation_width == 1 ? p->kernel_width : 1;
  const int32_t channels = p->input_channels;
  memset(segment, p->input_zero_point, (size_t)p->segment);
  for (int32_t k = 0; k < p->kernel_width; k += run, x += p->dilation_width) {
    const int32_t start = x > 0 ? x : 0;
    const int32_t end = x + run < p->input_width ? x + run : p->input_width;
    if (start < end) {
      memcpy(segment + (k + start - x) * channels, row + start * channels,
             (size_t)((end - start) * channels));
    }
  }
  return segment;
}

/* Row `k` of a window, as one segment. */
static const int8_t *row_of(const td_conv_2d_s8_dsp_params *p, const window *at, int32_t k,
                            const int8_t *padding, int8_t *segment) {
  const int32_t y = at->y + k * p->dilation_height;
  if (y < 0 || y >= p->input_height) {
    return padding;
  }
  const int8_t *row = at->image + y * p->row_bytes;
  const int is_inside = (uint32_t)at->x < p->whole[1];
  return is_inside ? row + at->x * p->input_channels : gather(p, row, at->x, segment);
}

/* Widens the windows of three pixels row by row: some are partly padding. */
static void widen_rows(const td_conv_2d_s8_dsp_params *p, const window *at, int16_t *columns,
                       int8_t *padding) {
  const int32_t bytes = p->row.bytes;
  for (int32_t k = 0; k < p->kernel_height; ++k) {
    const int8_t *rows[PIXELS];
    for (int32_t i = 0; i < PIXELS; ++i) {
      rows[i] = row_of(p, &at[i], k, padding, padding + (i + 1) * bytes);
    }
    columns = p->widen(rows[0], rows[1], rows[2], columns, &p->row);
  }
}

/* A copy of a small image with its padding: all windows then lie inside. */
static void pad(const td_conv_2d_s8_dsp_params *p, const int8_t *image, int8_t *padded) {
  memset(padded, p->input_zero_point, (size_t)p->padded_bytes);
  padded += p->image.offset_bytes;
  for (int32_t y = 0; y < p->image.height; ++y) {
    memcpy(padded, image, (size_t)p->image.row_bytes);
    image += p->image.row_bytes;
    padded += p->row_bytes;
  }
}

/* The columns of three windows anywhere. */
static void widen_any(const td_conv_2d_s8_dsp_params *p, const window *at, int16_t *columns,
                      int8_t *padding) {
  if (is_whole(p, &at[0]) && is_whole(p, &at[1]) && is_whole(p, &at[2])) {
    p->widen(start_of(p, &at[0]), start_of(p, &at[1]), start_of(p, &at[2]), columns, &p->rows);
  } else {
    widen_rows(p, at, columns, padding);
  }
}

/* Output pixels, a multiple of three, whose windows follow `first` at even distances. */
static int8_t *convolve_steady(const td_conv_2d_s8_dsp_params *p, const int8_t *first,
                               int32_t pixels, int8_t *output, int16_t *columns) {
  const int32_t step = p->stride_width * p->input_channels;
  for (; pixels > 0; pixels -= PIXELS) {
    p->widen(first, first + step, first + 2 * step, columns, &p->rows);
    td_matrix_dsp_run(&p->matrix, columns, output);
    first += PIXELS * step;
    output += PIXELS * p->outputs;
  }
  return output;
}

void td_conv_2d_s8_dsp(const td_conv_2d_s8_dsp_params *p, const int8_t *input, int8_t *output,
                       int16_t *scratch) {
  if (p->padded_bytes) {
    int8_t *padded = (int8_t *)scratch;
    pad(p, input, padded);
    input = padded;
    scratch += p->padded_bytes / 2;
  }
  int8_t *rest = (int8_t *)(scratch + p->columns);
  int8_t *padding = p->pixels % PIXELS ? rest + PIXELS * p->outputs : rest;
  memset(padding, p->input_zero_point, (size_t)p->row.bytes);
  window next = {input, -p->padding_top, -p->padding_left};
  for (int32_t pixels = p->pixels; pixels > 0;) {
    int32_t steady = steady_pixels(p, &next);
    steady -= steady % PIXELS;
    if (steady) {
      output = convolve_steady(p, start_of(p, &next), steady, output, scratch);
      advance(p, &next, steady);
      pixels -= steady;
      continue;
    }
    window at[PIXELS];
    for (int32_t i = 0; i < PIXELS; ++i) {
      /* The last pixel takes the place of those that are missing. */
      at[i] = i < pixels ? next : at[i - 1];
      if (i < pixels) {
        advance(p, &next, 1);
      }
    }
    const int is_short = pixels < PIXELS;
    widen_any(p, at, scratch, padding);
    td_matrix_dsp_run(&p->matrix, scratch, is_short ? rest : output);
    if (is_short) {
      memcpy(output, rest, (size_t)(pixels * p->outputs));
      return;
    }
    output += PIXELS * p->outputs;
    pixels -= PIXELS;
  }
}
