#include "td_fully_connected_s8_fast.h"

enum { OFFSET = 128 /* what is added to an int8 to store it as uint8_t */ };

/* Copies `count` values plus OFFSET; their sum. */
static uint32_t copy(const int8_t *from, int32_t count, uint8_t *to) {
  uint32_t sum = 0;
  for (const int8_t *end = from + count; from != end; ++from) {
    const uint8_t value = (uint8_t)((uint8_t)*from ^ OFFSET);
    *to++ = value;
    sum += value;
  }
  return sum;
}

void td_fully_connected_s8_fast(const td_fully_connected_s8_fast_params *p, const int8_t *input,
                                int8_t *output, void *scratch) {
  const td_dot_u8_matrix matrix = {p->matrix_depth, p->outputs, p->weights,
                                   (const td_channel *)(const void *)p->table};
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    const uint32_t offset = OFFSET * copy(input, p->depth, scratch);
    p->dot(&matrix, scratch, &offset, output, 0);
    input += p->depth;
    output += p->outputs;
  }
}
