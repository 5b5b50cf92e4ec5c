/* Matrix kernels for the Arm DSP extension: what calls them, and with what. */
#ifndef TD_MATRIX_DSP_H
#define TD_MATRIX_DSP_H

#include <stdint.h>

/* What a matrix kernel that serves every layer can't know: sizes in bytes. */
typedef struct {
  int32_t block_bytes;  /* columns that are read in blocks of 8 pairs: a multiple of 96 */
  int32_t column_bytes; /* all columns: 12 for each pair of inputs, an even number of pairs */
  int32_t outputs;      /* output channels, from a pixel to the next */
  int32_t rounding;     /* 2 * output zero point + 1 */
} td_matrix_dsp_shape;

/* All output channels from `stream` to `end` (two at least) of three pixels: see td_dsp.h. */
typedef void td_matrix_dsp_fn(const int16_t *columns, const int32_t *stream, int8_t *output,
                              const int32_t *end, const td_matrix_dsp_shape *shape);

/* A matrix kernel and its weights. An odd number of channels is a first pair, and then pairs that
 * start with its second channel again. */
typedef struct {
  td_matrix_dsp_fn *function;
  const int32_t *stream;
  int32_t words;       /* of the stream */
  int32_t first_words; /* of the first pair, or 0: the number of channels is even */
  td_matrix_dsp_shape shape;
} td_matrix_dsp_layer;

static inline void td_matrix_dsp_run(const td_matrix_dsp_layer *layer, const int16_t *columns,
                                     int8_t *output) {
  const int32_t *stream = layer->stream;
  const int32_t *end = stream + layer->words;
  if (layer->first_words) {
    layer->function(columns, stream, output, stream + layer->first_words, &layer->shape);
    stream += layer->first_words;
    ++output;
  }
  layer->function(columns, stream, output, end, &layer->shape);
}

#endif
