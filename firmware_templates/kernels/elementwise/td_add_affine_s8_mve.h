#ifndef TD_ADD_AFFINE_S8_MVE_H
#define TD_ADD_AFFINE_S8_MVE_H

#include <stdint.h>

/* Sum or difference of two int8 tensors of one shape, as clamp((a * first + b * second + offset
 * + half) >> shift): constants for which that equals the reference for every a and b. Either
 * operand may be the output's memory. */
typedef struct {
  int32_t first, second;
  int32_t offset;
  int32_t shift_left; /* 16 - shift; the rest is a rounding shift by 16 */
  int32_t minimum, maximum;
  int32_t count; /* elements */
} td_add_affine_s8_mve_params;

void td_add_affine_s8_mve(const td_add_affine_s8_mve_params *p, const int8_t *first,
                          const int8_t *second, int8_t *output);

#endif
