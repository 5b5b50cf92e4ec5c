#ifndef TD_CONV_2D_1X1_S8_MVE_H
#define TD_CONV_2D_1X1_S8_MVE_H

#include <stdint.h>

/* 1x1 convolution of NHWC int8, compiled for one layer. Works in place: see the lowering. */
typedef struct {
  const int8_t *weights; /* [output channels / 4][depth / 16][4][16], zeros up to 4 channels */
  const int32_t *table;  /* [output channels / 4]: 2 x 4 biases, 4 multipliers, 4 shifts (bytes) */
} td_conv_2d_1x1_s8_mve_params;

#endif
