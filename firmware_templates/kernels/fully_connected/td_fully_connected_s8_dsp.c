#include "td_fully_connected_s8_dsp.h"

#include <string.h>

#define GROUP 4

void td_fully_connected_s8_dsp(const td_fully_connected_s8_dsp_params *p, const int8_t *input,
                               int8_t *output) {
  const int32_t *end = p->stream + p->words;
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->depth) {
    if (p->words) {
      p->rows(input, p->stream, output, end, &p->layer);
    }
    output += p->outputs - p->rest;
    if (p->rest) {
      int8_t outputs[GROUP];
      p->rows(input, end, outputs, end + p->last_words, &p->layer);
      memcpy(output, outputs, (size_t)p->rest);
      output += p->rest;
    }
  }
}
