#ifndef TD_FULLY_CONNECTED_S16_H
#define TD_FULLY_CONNECTED_S16_H

#include <stdint.h>

/* output[b][o] = requantize(bias[o] + sum over d of input[b][d] * weights[o][d]) */
typedef struct {
  int32_t batches, depth, outputs;
  int32_t output_minimum, output_maximum;
  const int8_t *weights; /* [outputs][depth] */
  const int64_t *bias;
  const int32_t *multipliers; /* one for each output, as are bias and shifts */
  const int8_t *shifts;
} td_fully_connected_s16_params;

void td_fully_connected_s16(const td_fully_connected_s16_params *p, const int16_t *input,
                            int16_t *output);

#endif
