#ifndef TD_ADD_S8_FAST_H
#define TD_ADD_S8_FAST_H

#include <stdint.h>

/* output = clamp((constant + first * a + second * b) >> shift), operands and output of one shape.
 * The output may be either operand's memory. */
typedef struct {
  int32_t count;
  int32_t constant, first, second, shift;
  int32_t output_minimum, output_maximum;
} td_add_s8_fast_params;

void td_add_s8_fast(const td_add_s8_fast_params *p, const int8_t *first, const int8_t *second,
                    int8_t *output);

#endif
