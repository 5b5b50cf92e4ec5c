#ifndef TD_LOOKUP_H
#define TD_LOOKUP_H

#include <stdint.h>

/* Any function of one 8-bit value, as a table. Signed values are read as the same byte without
 * sign: table[255] is for -1. The output may be the input's memory. */
typedef struct {
  int32_t count;
  const uint8_t *table; /* [256] */
} td_lookup_params;

void td_lookup(const td_lookup_params *p, const uint8_t *input, uint8_t *output);

#endif
