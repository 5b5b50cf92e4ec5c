#ifndef TD_DEPTHWISE_CONV_2D_3X3_S8_DSP_H
#define TD_DEPTHWISE_CONV_2D_3X3_S8_DSP_H

#include <stdint.h>

#include "td_depthwise_dsp.h"

/* Depthwise 3x3 convolution, one output a channel; four channels at a time, over the whole image.
 * The output may be the input's memory. */
typedef struct {
  td_depthwise_row_fn *row;
  td_depthwise_pack_fn *pack;
  const int32_t *groups; /* of four channels: see td_depthwise_conv_2d_3x3_s8_dsp.c */
  int32_t group_words;
  int32_t scale_bits; /* by which weights are scaled */
  int32_t rounding;   /* 2 * output zero point + 1; 0: the groups hold the floor form's constants */
  td_depthwise_pack columns;
  td_depthwise_row blocks; /* all, or all but a last one of `rest` outputs */
  int32_t rest;
  int32_t block_outputs;
  int32_t row_words; /* of the ring, for a row of a block */
  int32_t ring_words;
  int32_t batches;
  int32_t input_height, row_bytes;     /* of the input */
  int32_t output_height, output_bytes; /* of a row */
  int32_t channels;
  int32_t stride_height, padding_top;
} td_depthwise_conv_2d_3x3_s8_dsp_params;

/* Scratch: 12 td_depthwise_channel, then the ring. */
void td_depthwise_conv_2d_3x3_s8_dsp(const td_depthwise_conv_2d_3x3_s8_dsp_params *p,
                                     const int8_t *input, int8_t *output, int32_t *scratch);

#endif
