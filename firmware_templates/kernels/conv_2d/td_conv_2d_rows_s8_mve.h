#ifndef TD_CONV_2D_ROWS_S8_MVE_H
#define TD_CONV_2D_ROWS_S8_MVE_H

#include <stdint.h>

/* Convolution of NHWC int8 with many input channels, compiled for one layer. */
typedef struct {
  const int8_t *weights; /* [output channels / 2][kernel height][blocks][kernel width][2][16] */
  const int32_t *table;  /* [output channels / 2]: 2 biases 4 times each, 2 multipliers, 2 shifts */
} td_conv_2d_rows_s8_mve_params;

#endif
