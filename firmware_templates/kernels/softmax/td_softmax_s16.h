#ifndef TD_SOFTMAX_S16_H
#define TD_SOFTMAX_S16_H

#include <stdint.h>

/* Softmax of each row of `depth` values; output scale 1/32768. The output may be the input.
 *
 * Both tables are Q0.15 at the ends of 512 equal intervals, between which it interpolates. */
typedef struct {
  int32_t rows, depth;
  int32_t multiplier, shift;   /* a difference of two inputs to 10 / 65535 */
  const int16_t *exponentials; /* exp on [-10, 0] */
  const int16_t *reciprocals;  /* 1 / (1 + x) on [0, 1] */
} td_softmax_s16_params;

void td_softmax_s16(const td_softmax_s16_params *p, const int16_t *input, int16_t *output);

#endif
