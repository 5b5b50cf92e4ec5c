#ifndef TD_CONV_2D_1X1_S8_DSP_H
#define TD_CONV_2D_1X1_S8_DSP_H

#include <stdint.h>

#include "td_matrix_dsp.h"
#include "td_widen_s8_dsp.h"

/* 1x1 convolution with stride 1, three pixels at a time. */
typedef struct {
  td_matrix_dsp_layer matrix;
  td_widen_s8_dsp_fn *widen;
  td_widen_s8_dsp_segments segments; /* one row: the input channels of a pixel */
  int32_t pixels, outputs;
  int32_t columns; /* 16-bit elements of the columns */
} td_conv_2d_1x1_s8_dsp_params;

/* Scratch: the columns, then the outputs of three pixels where the number of pixels is no
 * multiple of 3. */
void td_conv_2d_1x1_s8_dsp(const td_conv_2d_1x1_s8_dsp_params *p, const int8_t *input,
                           int8_t *output, int16_t *scratch);

#endif
