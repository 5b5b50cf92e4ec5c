#ifndef TD_NEGATE_F32_H
#define TD_NEGATE_F32_H

#include <stdint.h>

/* output[i] = -input[i], for float32 values; input and output may be the same. */
typedef struct {
  int32_t count;
} td_negate_f32_params;

void td_negate_f32(const td_negate_f32_params *p, const float *input, float *output);

#endif
