#ifndef TD_SOFTMAX_S8_H
#define TD_SOFTMAX_S8_H

#include <stdint.h>

/* Softmax of each row of `depth` values; output scale 1/256, zero point -128. The output may be
 * the input. */
typedef struct {
  int32_t rows, depth;
  int32_t table_length;        /* differences from here on count as exp = 0 */
  const int32_t *exponentials; /* [difference from the row's maximum], Q0.31 */
} td_softmax_s8_params;

void td_softmax_s8(const td_softmax_s8_params *p, const int8_t *input, int8_t *output);

#endif
