#ifndef TD_FULLY_CONNECTED_S8_DSP_H
#define TD_FULLY_CONNECTED_S8_DSP_H

#include <stdint.h>

#include "td_dot_dsp.h"

/* Fully connected layer, four outputs at a time. */
typedef struct {
  td_dot_dsp_fn *rows;
  const int32_t *stream;
  int32_t words;      /* of the stream, for whole groups of four outputs */
  int32_t last_words; /* and for a last group of `rest` outputs */
  int32_t rest;
  td_dot_dsp_layer layer;
  int32_t batches, depth, outputs;
} td_fully_connected_s8_dsp_params;

void td_fully_connected_s8_dsp(const td_fully_connected_s8_dsp_params *p, const int8_t *input,
                               int8_t *output);

#endif
