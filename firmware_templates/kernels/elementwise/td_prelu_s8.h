#ifndef TD_PRELU_S8_H
#define TD_PRELU_S8_H

#include <stdint.h>

#include "td_broadcast.h"

/* input where it is positive, input * alpha elsewhere; alpha is broadcast to the input's shape.
 * The input may be the output's memory. */
typedef struct {
  int32_t sizes[TD_BROADCAST_RANK]; /* the output's; the last dimension is contiguous */
  int32_t first_strides[TD_BROADCAST_RANK], second_strides[TD_BROADCAST_RANK];
  int32_t input_zero_point, alpha_zero_point, output_zero_point;
  int32_t positive_multiplier, positive_shift;
  int32_t negative_multiplier, negative_shift;
} td_prelu_s8_params;

void td_prelu_s8(const td_prelu_s8_params *p, const int8_t *input, const int8_t *alpha,
                 int8_t *output);

#endif
