#ifndef TD_MUL_S16_H
#define TD_MUL_S16_H

#include <stdint.h>

#include "td_broadcast.h"

/* Product of two int16 operands. Either may be the output's memory if it has the output's shape. */
typedef struct {
  int32_t sizes[TD_BROADCAST_RANK]; /* the output's; the last dimension is contiguous */
  int32_t first_strides[TD_BROADCAST_RANK], second_strides[TD_BROADCAST_RANK];
  int32_t output_multiplier, output_shift;
  int32_t output_minimum, output_maximum;
} td_mul_s16_params;

void td_mul_s16(const td_mul_s16_params *p, const int16_t *first, const int16_t *second,
                int16_t *output);

#endif
