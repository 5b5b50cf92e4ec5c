#ifndef TD_DEPTHWISE_CONV_2D_S8_MVE_H
#define TD_DEPTHWISE_CONV_2D_S8_MVE_H

#include <stdint.h>

/* Depthwise convolution of NHWC int8, compiled for one layer. May write its output exactly over
 * its input. */
typedef struct {
  const int32_t *table;   /* [channels]: 16 bytes of weights per block, bias, multiplier, shift */
  const uint8_t *offsets; /* [16]: where the lanes of a block lie in a plane */
} td_depthwise_conv_2d_s8_mve_params;

#endif
