#include "td_max_pool_2d_s8_mve.h"

#include <arm_mve.h>

#include "td_window.h"

#define LANES 16u

/* One output pixel: the window is `height` rows of `width` pixels at `window`. */
static void pool(const td_max_pool_2d_s8_mve_params *p, const int8_t *window, int32_t height,
                 int32_t width, int8_t *output) {
  const int32_t row_bytes = p->input_width * p->channels;
  for (int32_t c = 0; c < p->channels; c += (int32_t)LANES) {
    const mve_pred16_t lanes = vctp8q((uint32_t)(p->channels - c));
    int8x16_t largest = vdupq_n_s8((int8_t)p->output_minimum);
    for (int32_t y = 0; y < height; ++y) {
      const int8_t *pixel = window + y * row_bytes + c;
      for (int32_t x = 0; x < width; ++x, pixel += p->channels) {
        largest = vmaxq_s8(largest, vldrbq_z_s8(pixel, lanes));
      }
    }
    vstrbq_p_s8(output + c, vminq_s8(largest, vdupq_n_s8((int8_t)p->output_maximum)), lanes);
  }
}

void td_max_pool_2d_s8_mve(const td_max_pool_2d_s8_mve_params *p, const int8_t *input,
                           int8_t *output) {
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      const int32_t row = y * p->stride_height - p->padding_top;
      const int32_t top = td_window_start(row);
      const int32_t bottom = td_window_end(row, p->kernel_height, p->input_height);
      for (int32_t x = 0; x < p->output_width; ++x, output += p->channels) {
        const int32_t column = x * p->stride_width - p->padding_left;
        const int32_t left = td_window_start(column);
        const int32_t right = td_window_end(column, p->kernel_width, p->input_width);
        pool(p, input + (top * p->input_width + left) * p->channels, bottom - top, right - left,
             output);
      }
    }
    input += p->input_height * p->input_width * p->channels;
  }
}
