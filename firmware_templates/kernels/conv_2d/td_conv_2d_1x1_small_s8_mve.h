#ifndef TD_CONV_2D_1X1_SMALL_S8_MVE_H
#define TD_CONV_2D_1X1_SMALL_S8_MVE_H

#include <stdint.h>

/* 1x1 convolution of at most 16 input channels and a multiple of 4 output channels, compiled for
 * one layer. Works in place: see the lowering. */
typedef struct {
  const int8_t *weights; /* [output channels / 4][4][depth] */
  const int32_t *table;  /* [output channels / 4]: 2 x 4 biases, 4 multipliers, 4 shifts (bytes) */
} td_conv_2d_1x1_small_s8_mve_params;

#endif
