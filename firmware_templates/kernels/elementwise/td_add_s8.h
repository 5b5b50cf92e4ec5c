#ifndef TD_ADD_S8_H
#define TD_ADD_S8_H

#include <stdint.h>

#include "td_broadcast.h"

/* Sum of two int8 operands, each brought to a common scale with 20 more bits first. A difference
 * is a sum whose second multiplier is negative. Either operand may be the output's memory if it
 * has the output's shape. */
typedef struct {
  int32_t sizes[TD_BROADCAST_RANK]; /* the output's; the last dimension is contiguous */
  int32_t first_strides[TD_BROADCAST_RANK], second_strides[TD_BROADCAST_RANK];
  int32_t first_zero_point, first_multiplier, first_shift;
  int32_t second_zero_point, second_multiplier, second_shift;
  int32_t output_zero_point, output_multiplier, output_shift;
  int32_t output_minimum, output_maximum;
} td_add_s8_params;

void td_add_s8(const td_add_s8_params *p, const int8_t *first, const int8_t *second,
               int8_t *output);

#endif
