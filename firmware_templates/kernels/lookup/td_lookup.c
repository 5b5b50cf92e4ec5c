#include "td_lookup.h"

void td_lookup(const td_lookup_params *p, const uint8_t *input, uint8_t *output) {
  /* Copies, since the compiler must assume that a byte of output may change *p. */
  const uint8_t *table = p->table;
  const int32_t count = p->count;
  for (int32_t i = 0; i < count; ++i) {
    output[i] = table[input[i]];
  }
}
