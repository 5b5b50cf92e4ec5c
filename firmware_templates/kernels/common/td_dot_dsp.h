/* Fully connected layers for the Arm DSP extension: what the inner loops share. */
#ifndef TD_DOT_DSP_H
#define TD_DOT_DSP_H

#include <stdint.h>

/* Four outputs at a time of a fully connected layer: their weights in pairs that share lanes, as
 * in td_dsp.h. The stream is, for each four outputs: 256 * first + second bias, second bias, the
 * same of the third and fourth; for each 4 inputs, two words of the first two outputs and two of
 * the others, for inputs (0, 2) and (1, 3); then four multipliers, unless the layer has one. */
typedef struct {
  int32_t block_bytes; /* inputs that are read in whole blocks */
  int32_t input_bytes; /* with those that are read 4 at a time */
  int32_t back;        /* then, if not 0, the last 4 again: so far back */
  int32_t multiplier;  /* 0: the stream has one for each output */
  int32_t constant;
  int32_t shift;
} td_dot_dsp_layer;

typedef void td_dot_dsp_fn(const int8_t *input, const int32_t *stream, int8_t *output,
                           const int32_t *end, const td_dot_dsp_layer *layer);

#endif
