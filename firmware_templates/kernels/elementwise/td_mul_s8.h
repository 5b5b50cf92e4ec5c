#ifndef TD_MUL_S8_H
#define TD_MUL_S8_H

#include <stdint.h>

#include "td_broadcast.h"

/* Product of two int8 operands. Either may be the output's memory if it has the output's shape. */
typedef struct {
  int32_t sizes[TD_BROADCAST_RANK]; /* the output's; the last dimension is contiguous */
  int32_t first_strides[TD_BROADCAST_RANK], second_strides[TD_BROADCAST_RANK];
  int32_t first_zero_point, second_zero_point;
  int32_t output_zero_point, output_multiplier, output_shift;
  int32_t output_minimum, output_maximum;
} td_mul_s8_params;

void td_mul_s8(const td_mul_s8_params *p, const int8_t *first, const int8_t *second,
               int8_t *output);

#endif
