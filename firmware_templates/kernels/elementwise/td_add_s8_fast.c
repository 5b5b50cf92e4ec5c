#include "td_add_s8_fast.h"

#include "td_fixed_point.h"

void td_add_s8_fast(const td_add_s8_fast_params *p, const int8_t *first, const int8_t *second,
                    int8_t *output) {
  /* A copy: a store to `output` might change *p, for all that the compiler knows. */
  const td_add_s8_fast_params constants = *p;
  for (int32_t i = 0; i < constants.count; ++i) {
    const int32_t sum =
        constants.constant + constants.first * first[i] + constants.second * second[i];
    const int32_t value = sum >> constants.shift;
    output[i] = (int8_t)td_clamp(value, constants.output_minimum, constants.output_maximum);
  }
}
