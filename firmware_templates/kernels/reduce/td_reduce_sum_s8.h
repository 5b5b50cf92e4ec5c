#ifndef TD_REDUCE_SUM_S8_H
#define TD_REDUCE_SUM_S8_H

#include <stdint.h>

/* Rescaled sum of int8 over some dimensions. Strides are in elements; unused dimensions have
 * size 1. */
typedef struct {
  int32_t kept[3], kept_strides[3];
  int32_t reduced[3], reduced_strides[3];
  int32_t mask;   /* -1: bytes are signed; 255: they are unsigned */
  int32_t offset; /* added to each sum */
  int32_t multiplier, shift;
  int32_t output_zero_point, output_minimum, output_maximum;
} td_reduce_sum_s8_params;

void td_reduce_sum_s8(const td_reduce_sum_s8_params *p, const int8_t *input, int8_t *output);

#endif
