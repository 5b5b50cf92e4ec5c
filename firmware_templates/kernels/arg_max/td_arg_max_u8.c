#include "td_arg_max_u8.h"

#include <string.h>

static int32_t first_maximum(const td_arg_max_u8_params *p, const uint8_t *values) {
  int32_t largest = -1;
  int32_t index = 0;
  for (int32_t i = 0; i < p->length; ++i, values += p->inner) {
    const int32_t key = *values ^ p->flip;
    if (key > largest) {
      largest = key;
      index = i;
    }
  }
  return index;
}

void td_arg_max_u8(const td_arg_max_u8_params *p, const void *input, void *output) {
  const uint8_t *block = input;
  uint8_t *target = output;
  for (int32_t outer = 0; outer < p->outer; ++outer, block += p->length * p->inner) {
    for (int32_t inner = 0; inner < p->inner; ++inner, target += p->index_bytes) {
      const int32_t index = first_maximum(p, block + inner);
      memset(target, 0, (size_t)p->index_bytes);
      memcpy(target, &index, sizeof index);
    }
  }
}
