#ifndef TD_CONV_2D_COLUMNS_S8_MVE_H
#define TD_CONV_2D_COLUMNS_S8_MVE_H

#include <stdint.h>

/* Convolution of NHWC int8 with few input channels, compiled for one layer. */
typedef struct {
  const int8_t *weights;  /* [output channels / 4][depth / 16][4][16], in order of columns */
  const int32_t *table;   /* [output channels / 4]: 2 x 4 biases, 4 multipliers, 4 shifts (bytes) */
  const uint8_t *offsets; /* [16]: where the bytes of a row's next pixels go in the columns */
} td_conv_2d_columns_s8_mve_params;

#endif
