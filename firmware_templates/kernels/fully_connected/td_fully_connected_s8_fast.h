#ifndef TD_FULLY_CONNECTED_S8_FAST_H
#define TD_FULLY_CONNECTED_S8_FAST_H

#include <stdint.h>

#include "td_dot_u8.h"

/* output[b][o] = requantize(bias[o] + sum over d of (input[b][d] - zero point) * weights[o][d]).
 * A row of the input is copied to `scratch` (matrix_depth bytes), then multiplied. */
typedef struct {
  int32_t batches, depth, outputs;
  int32_t matrix_depth; /* depth, up to a multiple of 4 */
  td_dot_u8_fn *dot;
  const uint8_t *weights; /* as in td_dot_u8_matrix */
  const int32_t *table;   /* td_channel, one for each output */
} td_fully_connected_s8_fast_params;

void td_fully_connected_s8_fast(const td_fully_connected_s8_fast_params *p, const int8_t *input,
                                int8_t *output, void *scratch);

#endif
