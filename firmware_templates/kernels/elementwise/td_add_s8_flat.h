#ifndef TD_ADD_S8_FLAT_H
#define TD_ADD_S8_FLAT_H

#include <stdint.h>

#include "td_requantize.h"

/* Sum (or, with a second factor below 0, difference) of two operands of the output's shape: each
 * operand times its factor is brought to a common scale, then their sum to the output's. The output
 * may be either operand's memory. */
typedef struct {
  int32_t count;
  int32_t first_factor, second_factor;
  td_channel first, second, output;
  int32_t output_zero_point, output_minimum, output_maximum;
} td_add_s8_flat_params;

void td_add_s8_flat(const td_add_s8_flat_params *p, const int8_t *first, const int8_t *second,
                    int8_t *output);

#endif
