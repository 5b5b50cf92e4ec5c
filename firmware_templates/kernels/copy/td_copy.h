#ifndef TD_COPY_H
#define TD_COPY_H

#include <stdint.h>

#define TD_COPY_RANK 6

/* For each index i below `counts`: output[i . output_strides] = input[i . input_strides], where
 * one element is `run_bytes` long and strides are in bytes, of any sign. Unused dimensions come
 * first and count 1. Input and output may lie in the same buffer where their elements differ. */
typedef struct {
  int32_t counts[TD_COPY_RANK];
  int32_t input_strides[TD_COPY_RANK];
  int32_t output_strides[TD_COPY_RANK];
  int32_t input_offset, output_offset; /* of the first element */
  int32_t run_bytes;
} td_copy_params;

void td_copy(const td_copy_params *p, const void *input, void *output);

#endif
