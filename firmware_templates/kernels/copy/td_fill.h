#ifndef TD_FILL_H
#define TD_FILL_H

#include <stdint.h>

/* output[0] to output[count - 1] = one element of `element_bytes` bytes, lowest address first. */
typedef struct {
  int32_t count;
  int32_t element_bytes;
  const uint8_t *element;
} td_fill_params;

void td_fill(const td_fill_params *p, void *output);

#endif
