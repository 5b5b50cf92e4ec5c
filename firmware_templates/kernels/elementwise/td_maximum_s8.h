#ifndef TD_MAXIMUM_S8_H
#define TD_MAXIMUM_S8_H

#include <stdint.h>

#include "td_broadcast.h"

/* The larger of two int8 operands of one scale. Either may be the output's memory if it has the
 * output's shape. */
typedef struct {
  int32_t sizes[TD_BROADCAST_RANK]; /* the output's; the last dimension is contiguous */
  int32_t first_strides[TD_BROADCAST_RANK], second_strides[TD_BROADCAST_RANK];
} td_maximum_s8_params;

void td_maximum_s8(const td_maximum_s8_params *p, const int8_t *first, const int8_t *second,
                   int8_t *output);

#endif
