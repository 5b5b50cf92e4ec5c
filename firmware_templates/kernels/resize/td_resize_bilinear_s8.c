#include "td_resize_bilinear_s8.h"

enum { ONE = 1024 };

/* One row of the output, between two rows of the input. */
static void interpolate_row(const td_resize_bilinear_s8_params *p, const int8_t *upper,
                            const int8_t *lower, int32_t row_weight, int8_t *output) {
  for (int32_t x = 0; x < p->output_width; ++x) {
    const int32_t left = p->left_columns[x] * p->channels;
    const int32_t right = p->right_columns[x] * p->channels;
    const int32_t column_weight = p->column_weights[x];
    const int32_t upper_left = (ONE - row_weight) * (ONE - column_weight);
    const int32_t upper_right = (ONE - row_weight) * column_weight;
    const int32_t lower_left = row_weight * (ONE - column_weight);
    const int32_t lower_right = row_weight * column_weight;
    for (int32_t c = 0; c < p->channels; ++c) {
      const int32_t sum = upper[left + c] * upper_left + upper[right + c] * upper_right +
                          lower[left + c] * lower_left + lower[right + c] * lower_right;
      const int32_t half = sum > 0 ? ONE * ONE / 2 : -(ONE * ONE / 2);
      *output++ = (int8_t)((sum + half) / (ONE * ONE));
    }
  }
}

void td_resize_bilinear_s8(const td_resize_bilinear_s8_params *p, const int8_t *input,
                           int8_t *output) {
  const int32_t row = p->input_width * p->channels;
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->input_height * row) {
    for (int32_t y = 0; y < p->output_height; ++y, output += p->output_width * p->channels) {
      interpolate_row(p, input + p->upper_rows[y] * row, input + p->lower_rows[y] * row,
                      p->row_weights[y], output);
    }
  }
}
