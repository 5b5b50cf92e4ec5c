#include "td_fill.h"

#include <stddef.h>
#include <string.h>

void td_fill(const td_fill_params *p, void *output) {
  uint8_t *target = output;
  if (p->element_bytes == 1) {
    memset(target, p->element[0], (size_t)p->count);
    return;
  }
  for (int32_t i = 0; i < p->count; ++i, target += p->element_bytes) {
    memcpy(target, p->element, (size_t)p->element_bytes);
  }
}
