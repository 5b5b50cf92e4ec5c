#include "td_fully_connected_wide_s8_dsp.h"

#include <arm_acle.h>
#include <string.h>

#define GROUP 4
#define WORD 4

static int32_t *widen_word(const int8_t *input, int32_t *columns) {
  uint32_t word;
  memcpy(&word, input, sizeof word);
  columns[0] = (int32_t)__sxtb16((int8x4_t)word);
  columns[1] = (int32_t)__sxtb16((int8x4_t)(word >> 8 | word << 24));
  return columns + 2;
}

/* Where the depth is no multiple of 4, the last word overlaps the one before it. */
static void widen(const int8_t *input, int32_t depth, int32_t *columns) {
  const int8_t *last = input + depth - WORD;
  for (; input < last; input += WORD) {
    columns = widen_word(input, columns);
  }
  widen_word(last, columns);
}

void td_fully_connected_wide_s8_dsp(const td_fully_connected_wide_s8_dsp_params *p,
                                    const int8_t *input, int8_t *output, int32_t *scratch) {
  const int32_t *end = p->stream + p->words;
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->depth) {
    widen(input, p->depth, scratch);
    if (p->words) {
      p->rows((const int8_t *)scratch, p->stream, output, end, &p->layer);
    }
    output += p->outputs - p->rest;
    if (p->rest) {
      int8_t outputs[GROUP];
      p->rows((const int8_t *)scratch, end, outputs, end + p->last_words, &p->layer);
      memcpy(output, outputs, (size_t)p->rest);
      output += p->rest;
    }
  }
}
