#ifndef TD_RESIZE_BILINEAR_S8_H
#define TD_RESIZE_BILINEAR_S8_H

#include <stdint.h>

/* Bilinear interpolation of NHWC int8. Weights are in 1/1024; before the first pixel's centre
 * they are negative. */
typedef struct {
  int32_t batches, channels;
  int32_t input_height, input_width;
  int32_t output_height, output_width;
  const uint16_t *upper_rows, *lower_rows;      /* [output_height]: rows above and below */
  const int16_t *row_weights;                   /* of the lower row */
  const uint16_t *left_columns, *right_columns; /* [output_width] */
  const int16_t *column_weights;                /* of the right column */
} td_resize_bilinear_s8_params;

void td_resize_bilinear_s8(const td_resize_bilinear_s8_params *p, const int8_t *input,
                           int8_t *output);

#endif
