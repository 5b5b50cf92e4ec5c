#ifndef TD_FULLY_CONNECTED_S8_H
#define TD_FULLY_CONNECTED_S8_H

#include <stdint.h>

/* output[b][o] = requantize(bias[o] + sum over d of (input[b][d] - zero point) * weights[o][d]) */
typedef struct {
  int32_t batches, depth, outputs;
  int32_t input_zero_point, output_zero_point;
  int32_t output_minimum, output_maximum;
  const int8_t *weights; /* [outputs][depth] */
  const int32_t *bias;
  const int32_t *multipliers; /* one for each output, as are bias and shifts */
  const int8_t *shifts;
} td_fully_connected_s8_params;

void td_fully_connected_s8(const td_fully_connected_s8_params *p, const int8_t *input,
                           int8_t *output);

#endif
