#ifndef TD_REDUCE_MAX_S8_H
#define TD_REDUCE_MAX_S8_H

#include <stdint.h>

/* Largest (sign 1) or smallest (sign -1) int8 over some dimensions. Strides are in elements;
 * unused dimensions have size 1. */
typedef struct {
  int32_t kept[3], kept_strides[3];
  int32_t reduced[3], reduced_strides[3];
  int32_t sign;
} td_reduce_max_s8_params;

void td_reduce_max_s8(const td_reduce_max_s8_params *p, const int8_t *input, int8_t *output);

#endif
