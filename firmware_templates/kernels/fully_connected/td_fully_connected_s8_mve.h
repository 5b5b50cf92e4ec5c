#ifndef TD_FULLY_CONNECTED_S8_MVE_H
#define TD_FULLY_CONNECTED_S8_MVE_H

#include <stdint.h>

/* A matrix times each of several int8 vectors. Works in params only: one copy serves all layers. */
typedef struct {
  const int8_t *weights; /* [outputs / 8][depth / 16][8][16], then [outputs % 8][depth] */
  const int32_t *table;  /* [outputs / 8, rounded up]: 8 biases; multipliers and one-byte
                           shifts of the 4 even, then of the 4 odd outputs */
  int32_t depth, outputs, batches;
  int32_t zero_point, minimum, maximum;
} td_fully_connected_s8_mve_params;

void td_fully_connected_s8_mve(const td_fully_connected_s8_mve_params *p, const int8_t *input,
                               int8_t *output);

#endif
