#ifndef TD_RESCALE_S16_H
#define TD_RESCALE_S16_H

#include <stdint.h>

/* int16 to another scale, then clamped. The output may be the input. */
typedef struct {
  int32_t count;
  int32_t multiplier, shift;
  int32_t output_minimum, output_maximum;
} td_rescale_s16_params;

void td_rescale_s16(const td_rescale_s16_params *p, const int16_t *input, int16_t *output);

#endif
