#include "td_conv_2d_1x1_s8_dsp.h"

#include <string.h>

void td_conv_2d_1x1_s8_dsp(const td_conv_2d_1x1_s8_dsp_params *p, const int8_t *input,
                           int8_t *output, int16_t *scratch) {
  const int32_t depth = p->segments.bytes;
  int32_t pixels = p->pixels;
  for (; pixels >= 3; pixels -= 3) {
    p->widen(input, input + depth, input + 2 * depth, scratch, &p->segments);
    td_matrix_dsp_run(&p->matrix, scratch, output);
    input += 3 * depth;
    output += 3 * p->outputs;
  }
  if (pixels) {
    /* The last pixel takes the missing ones' places; their outputs must not be written. */
    int8_t *outputs = (int8_t *)(scratch + p->columns);
    const int8_t *last = input + (pixels - 1) * depth;
    p->widen(input, last, last, scratch, &p->segments);
    td_matrix_dsp_run(&p->matrix, scratch, outputs);
    memcpy(output, outputs, (size_t)(pixels * p->outputs));
  }
}
