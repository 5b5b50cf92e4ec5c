#include "td_conv_2d_s8_dsp.h"

#include <string.h>

#define PIXELS 3

/* A window: its batch's image, and where it starts in it (negative in the padding). */
typedef struct {
  const int8_t *image;
  int32_t y, x;
} window;

/* The next output pixel's window. */
static void advance(const td_conv_2d_s8_dsp_params *p, window *at) {
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
  at->image += p->input_height * p->input_width * p->input_channels;
}

/* A row of a window that the image does not hold as it is: gathered, with padding. */
static const int8_t *gather(const td_conv_2d_s8_dsp_params *p, const int8_t *row, int32_t x,
                            int8_t *segment) {
  const int32_t channels = p->input_channels;
  int8_t *pixel = segment;
  for (int32_t k = 0; k < p->kernel_width; ++k, x += p->dilation_width, pixel += channels) {
    if (x < 0 || x >= p->input_width) {
      memset(pixel, p->input_zero_point, (size_t)channels);
    } else {
      memcpy(pixel, row + x * channels, (size_t)channels);
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
  const int8_t *row = at->image + y * p->input_width * p->input_channels;
  const int is_whole = at->x >= 0 && at->x + p->kernel_width <= p->input_width &&
                       p->dilation_width == 1 && p->segment == p->segment_bytes;
  return is_whole ? row + at->x * p->input_channels : gather(p, row, at->x, segment);
}

void td_conv_2d_s8_dsp(const td_conv_2d_s8_dsp_params *p, const int8_t *input, int8_t *output,
                       int16_t *scratch) {
  int8_t *rest = (int8_t *)(scratch + p->columns);
  int8_t *padding = p->pixels % PIXELS ? rest + PIXELS * p->outputs : rest;
  int8_t *segments = padding + p->segment_bytes;
  memset(padding, p->input_zero_point, (size_t)p->segment_bytes);
  window next = {input, -p->padding_top, -p->padding_left};
  for (int32_t pixels = p->pixels; pixels > 0; pixels -= PIXELS) {
    window at[PIXELS];
    for (int32_t i = 0; i < PIXELS; ++i) {
      /* The last pixel takes the place of those that are missing. */
      at[i] = i < pixels ? next : at[i - 1];
      if (i < pixels) {
        advance(p, &next);
      }
    }
    int16_t *columns = scratch;
    for (int32_t k = 0; k < p->kernel_height; ++k) {
      const int8_t *first = row_of(p, &at[0], k, padding, segments);
      const int8_t *second = row_of(p, &at[1], k, padding, segments + p->segment_bytes);
      const int8_t *third = row_of(p, &at[2], k, padding, segments + 2 * p->segment_bytes);
      columns = p->widen(first, second, third, columns, p->segment_bytes);
    }
    int8_t *outputs = pixels < PIXELS ? rest : output;
    td_matrix_dsp_run(&p->matrix, scratch, outputs);
    if (pixels < PIXELS) {
      memcpy(output, rest, (size_t)(pixels * p->outputs));
    }
    output += PIXELS * p->outputs;
  }
}
