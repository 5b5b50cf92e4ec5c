#include "td_softmax_s8.h"

#include "td_softmax.h"

static int32_t exponential(const void *params, int32_t difference) {
  const td_softmax_s8_params *p = params;
  return difference < p->table_length ? p->exponentials[difference] : 0;
}

void td_softmax_s8(const td_softmax_s8_params *p, const int8_t *input, int8_t *output) {
  for (int32_t row = 0; row < p->rows; ++row, input += p->depth, output += p->depth) {
    td_softmax_row(p, exponential, p->depth, input, output);
  }
}
