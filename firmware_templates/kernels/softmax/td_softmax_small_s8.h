#ifndef TD_SOFTMAX_SMALL_S8_H
#define TD_SOFTMAX_SMALL_S8_H

#include <stdint.h>

/* Softmax without a table of exponentials; output scale 1/256, zero point -128. The output may be
 * the input. */
typedef struct {
  int32_t rows, depth;
  int32_t multiplier, shift; /* a difference of two inputs to Q5.26 */
  int32_t radius;            /* larger differences count as exp = 0 */
} td_softmax_small_s8_params;

void td_softmax_small_s8(const td_softmax_small_s8_params *p, const int8_t *input, int8_t *output);

#endif
