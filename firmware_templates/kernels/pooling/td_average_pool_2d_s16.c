#include "td_average_pool_2d_s16.h"

#include "td_fixed_point.h"
#include "td_window.h"

/* The average of one channel over rows [top, bottom) and columns [left, right). */
static int32_t average(const td_average_pool_2d_s16_params *p, const int16_t *plane, int32_t top,
                       int32_t bottom, int32_t left, int32_t right) {
  const int32_t count = (bottom - top) * (right - left);
  int32_t sum = 0;
  for (int32_t y = top; y < bottom; ++y) {
    const int16_t *pixel = plane + (y * p->input_width + left) * p->channels;
    for (int32_t x = left; x < right; ++x, pixel += p->channels) {
      sum += *pixel;
    }
  }
  return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

void td_average_pool_2d_s16(const td_average_pool_2d_s16_params *p, const int16_t *input,
                            int16_t *output) {
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      const int32_t row = y * p->stride_height - p->padding_top;
      const int32_t top = td_window_start(row);
      const int32_t bottom = td_window_end(row, p->kernel_height, p->input_height);
      for (int32_t x = 0; x < p->output_width; ++x) {
        const int32_t column = x * p->stride_width - p->padding_left;
        const int32_t left = td_window_start(column);
        const int32_t right = td_window_end(column, p->kernel_width, p->input_width);
        for (int32_t c = 0; c < p->channels; ++c) {
          const int32_t mean = average(p, input + c, top, bottom, left, right);
          *output++ = (int16_t)td_clamp(mean, p->output_minimum, p->output_maximum);
        }
      }
    }
    input += p->input_height * p->input_width * p->channels;
  }
}
