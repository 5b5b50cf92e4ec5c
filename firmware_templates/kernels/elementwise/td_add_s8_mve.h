#ifndef TD_ADD_S8_MVE_H
#define TD_ADD_S8_MVE_H

#include <stdint.h>

/* Sum or difference of two int8 tensors of one shape, step by step as td_add_s8 does it. Either
 * operand may be the output's memory. */
typedef struct {
  int32_t first_offset, first_tie, first_shift; /* -zero point * 2^20; 1 if shifted; shift <= 0 */
  int32_t second_offset, second_tie, second_shift;
  int32_t output_tie, output_shift, output_zero_point;
  int32_t first_multiplier, second_multiplier, output_multiplier;
  int32_t minimum, maximum;
  int32_t count; /* elements */
} td_add_s8_mve_params;

void td_add_s8_mve(const td_add_s8_mve_params *p, const int8_t *first, const int8_t *second,
                   int8_t *output);

#endif
