#include "td_copy.h"

#include <stddef.h>
#include <string.h>

/* The innermost dimension. */
static void td_copy_row(const td_copy_params *p, const uint8_t *input, uint8_t *output) {
  const int32_t count = p->counts[TD_COPY_RANK - 1];
  const int32_t input_stride = p->input_strides[TD_COPY_RANK - 1];
  const int32_t output_stride = p->output_strides[TD_COPY_RANK - 1];
  if (p->run_bytes == 1) {
    for (int32_t i = 0; i < count; ++i) {
      output[i * output_stride] = input[i * input_stride];
    }
    return;
  }
  for (int32_t i = 0; i < count; ++i) {
    memcpy(&output[i * output_stride], &input[i * input_stride], (size_t)p->run_bytes);
  }
}

void td_copy(const td_copy_params *p, const void *input, void *output) {
  const uint8_t *source = input;
  uint8_t *target = output;
  int32_t from = p->input_offset;
  int32_t to = p->output_offset;
  int32_t index[TD_COPY_RANK - 1] = {0};
  for (;;) {
    td_copy_row(p, source + from, target + to);
    /* Advance the outer dimensions like an odometer, the last one fastest. */
    int32_t axis = TD_COPY_RANK - 2;
    while (++index[axis] == p->counts[axis]) {
      from -= (index[axis] - 1) * p->input_strides[axis];
      to -= (index[axis] - 1) * p->output_strides[axis];
      index[axis] = 0;
      if (axis == 0) {
        return;
      }
      --axis;
    }
    from += p->input_strides[axis];
    to += p->output_strides[axis];
  }
}
