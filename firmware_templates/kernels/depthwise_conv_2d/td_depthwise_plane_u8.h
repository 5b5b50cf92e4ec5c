#ifndef TD_DEPTHWISE_PLANE_U8_H
#define TD_DEPTHWISE_PLANE_U8_H

#include <stdint.h>

#include "td_requantize.h"

/* Outputs of one channel. Sizes are in elements. */
typedef struct {
  int32_t rows, columns;
  int32_t row_step;    /* from an output row's first value to the next one's, in the plane */
  int32_t tap_step;    /* from a row of the kernel to the next one, in the plane */
  int32_t output_step; /* between the outputs of neighbouring pixels */
} td_depthwise_plane;

/* A window of int8 weights slides over a plane of values plus 128, which includes all padding, and
 * on the right as many columns as the last block of outputs reads. */
typedef void td_depthwise_plane_u8_fn(const td_depthwise_plane *plane, const uint8_t *values,
                                      const int8_t *weights, const td_channel *channel,
                                      int8_t *output);

#endif
