#ifndef TD_ADD_SHIFTS_S16_H
#define TD_ADD_SHIFTS_S16_H

#include <stdint.h>

/* Sum of two int16 operands of one shape whose scales are powers of two, at most the output's. A
 * difference has the second sign -1. Either operand may be the output's memory. */
typedef struct {
  int32_t count;
  int32_t first_shift, second_shift; /* to the right, rounded */
  int32_t second_sign;
  int32_t output_minimum, output_maximum;
} td_add_shifts_s16_params;

void td_add_shifts_s16(const td_add_shifts_s16_params *p, const int16_t *first,
                       const int16_t *second, int16_t *output);

#endif
