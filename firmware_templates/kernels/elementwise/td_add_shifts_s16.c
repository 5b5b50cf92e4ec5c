#include "td_add_shifts_s16.h"

#include "td_fixed_point.h"

void td_add_shifts_s16(const td_add_shifts_s16_params *p, const int16_t *first,
                       const int16_t *second, int16_t *output) {
  for (int32_t i = 0; i < p->count; ++i) {
    const int32_t sum = td_rounding_divide_by_pot(first[i], p->first_shift) +
                        p->second_sign * td_rounding_divide_by_pot(second[i], p->second_shift);
    output[i] = (int16_t)td_clamp(sum, p->output_minimum, p->output_maximum);
  }
}
