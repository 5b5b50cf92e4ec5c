#ifndef TD_REDUCE_SUM_S16_H
#define TD_REDUCE_SUM_S16_H

#include <stdint.h>

/* Rescaled sum of int16 over some dimensions. Strides are in elements; unused dimensions have
 * size 1. */
typedef struct {
  int32_t kept[3], kept_strides[3];
  int32_t reduced[3], reduced_strides[3];
  int32_t multiplier, shift;
} td_reduce_sum_s16_params;

void td_reduce_sum_s16(const td_reduce_sum_s16_params *p, const int16_t *input, int16_t *output);

#endif
