#include "td_conv_2d_s8_dsp.h"

#include <string.h>

#define PIXELS 3

/* A window: where it starts in its batch's image (negative in the padding). */
typedef struct {
  const int8_t *image;
  int32_t y, x;
} window;

/* The next output pixel's window. */
static inline void advance(const td_conv_2d_s8_dsp_params *p, window *at) {
  at->x += p->stride_width;
  if (at->x < p->output_width * p->stride_width - p->padding_left) {
    return;
  }
  at->x = -p->padding_left;
  at->y += p->stride_height;
  if (at->y < p->output_height * p->stride_height - p->padding_top) {
    return;
  }
  at->y = -p->padding_top;
  at->image += p->input_height * p->row_bytes;
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
  const int32_t step = p->stride_width * p->input_channels;
  for (int32_t pixels = p->pixels; pixels > 0; pixels -= PIXELS) {
    if ((uint32_t)next.y < p->whole[0] && (uint32_t)next.x < p->steady) {
      const int8_t *first = next.image + next.y * p->row_bytes + next.x * p->input_channels;
      p->widen(first, first + step, first + 2 * step, scratch, &p->rows);
      next.x += 2 * p->stride_width;
      advance(p, &next);
    } else {
      window at[PIXELS];
      for (int32_t i = 0; i < PIXELS; ++i) {
        /* The last pixel takes the place of those that are missing. */
        at[i] = i < pixels ? next : at[i - 1];
        if (i < pixels) {
          advance(p, &next);
        }
      }
      widen_rows(p, at, scratch, padding);
    }
    if (pixels < PIXELS) {
      td_matrix_dsp_run(&p->matrix, scratch, rest);
      memcpy(output, rest, (size_t)(pixels * p->outputs));
      return;
    }
    td_matrix_dsp_run(&p->matrix, scratch, output);
    output += PIXELS * p->outputs;
  }
}
