#include "td_average_pool_2d_s8_dsp.h"

#include <arm_acle.h>
#include <string.h>

#include "td_fixed_point.h"
#include "td_window.h"

#define GROUP 4

/* The averages of four channels over `rows` by `columns` pixels. */
static void average(const td_average_pool_2d_s8_dsp_params *p, const int8_t *pixels, int32_t rows,
                    int32_t columns, int8_t *output) {
  int16x2_t even = 0, odd = 0; /* sums of channels 0 and 2, and of 1 and 3 */
  for (int32_t y = 0; y < rows; ++y, pixels += p->input_width * p->channels) {
    const int8_t *pixel = pixels;
    for (int32_t x = 0; x < columns; ++x, pixel += p->channels) {
      uint32_t word;
      memcpy(&word, pixel, sizeof word);
      even = __sxtab16(even, (int8x4_t)word);
      odd = __sxtab16(odd, (int8x4_t)(word >> 8 | word << 24));
    }
  }
  const int32_t sums[GROUP] = {(int16_t)even, (int16_t)odd, even >> 16, odd >> 16};
  const int32_t count = rows * columns;
  for (int32_t i = 0; i < GROUP; ++i) {
    const int32_t mean = (sums[i] > 0 ? sums[i] + count / 2 : sums[i] - count / 2) / count;
    output[i] = (int8_t)td_clamp(mean, p->output_minimum, p->output_maximum);
  }
}

void td_average_pool_2d_s8_dsp(const td_average_pool_2d_s8_dsp_params *p, const int8_t *input,
                               int8_t *output) {
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      const int32_t row = y * p->stride_height - p->padding_top;
      const int32_t top = td_window_start(row);
      const int32_t rows = td_window_end(row, p->kernel_height, p->input_height) - top;
      for (int32_t x = 0; x < p->output_width; ++x, output += p->channels) {
        const int32_t column = x * p->stride_width - p->padding_left;
        const int32_t left = td_window_start(column);
        const int32_t columns = td_window_end(column, p->kernel_width, p->input_width) - left;
        const int8_t *pixels = input + (top * p->input_width + left) * p->channels;
        for (int32_t c = 0; c < p->channels; c += GROUP) {
          /* The last four channels may overlap those before them. */
          const int32_t first = c < p->channels - GROUP ? c : p->channels - GROUP;
          average(p, pixels + first, rows, columns, output + first);
        }
      }
    }
    input += p->input_height * p->input_width * p->channels;
  }
}
