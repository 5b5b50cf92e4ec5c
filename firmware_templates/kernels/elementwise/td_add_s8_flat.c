#include "td_add_s8_flat.h"

void td_add_s8_flat(const td_add_s8_flat_params *p, const int8_t *first, const int8_t *second,
                    int8_t *output) {
  for (const int8_t *end = first + p->count; first != end;) {
    const int32_t sum = td_requantize_twice(*first++ * p->first_factor, &p->first) +
                        td_requantize_twice(*second++ * p->second_factor, &p->second);
    const int32_t value = td_requantize_twice(sum, &p->output) + p->output_zero_point;
    *output++ = (int8_t)td_clamp(value, p->output_minimum, p->output_maximum);
  }
}
