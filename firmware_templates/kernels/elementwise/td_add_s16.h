#ifndef TD_ADD_S16_H
#define TD_ADD_S16_H

#include <stdint.h>

#include "td_broadcast.h"

/* Sum of two int16 operands, each brought to a common scale with 15 more bits first. A difference
 * is a sum whose second multiplier is negative. Either operand may be the output's memory if it
 * has the output's shape. */
typedef struct {
  int32_t sizes[TD_BROADCAST_RANK]; /* the output's; the last dimension is contiguous */
  int32_t first_strides[TD_BROADCAST_RANK], second_strides[TD_BROADCAST_RANK];
  int32_t first_multiplier, first_shift;
  int32_t second_multiplier, second_shift;
  int32_t output_multiplier, output_shift;
  int32_t output_minimum, output_maximum;
} td_add_s16_params;

void td_add_s16(const td_add_s16_params *p, const int16_t *first, const int16_t *second,
                int16_t *output);

#endif
