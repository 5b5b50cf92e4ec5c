#ifndef TD_CONV_2D_S8_DSP_H
#define TD_CONV_2D_S8_DSP_H

#include <stdint.h>

#include "td_matrix_dsp.h"
#include "td_widen_s8_dsp.h"

/* Convolution of NHWC int8, three pixels at a time: their windows become columns. */
typedef struct {
  td_matrix_dsp_layer matrix;
  td_widen_s8_dsp_fn *widen;
  int32_t padded_bytes; /* if not 0: what follows describes the padded image, made of `image` */
  struct {
    int32_t height, row_bytes, offset_bytes; /* where its first row starts in the padded image */
  } image;
  int32_t pixels; /* of the output, in all batches */
  int32_t outputs;
  int32_t columns;   /* 16-bit elements of the columns */
  int32_t row_bytes; /* of the image */
  int32_t input_height, input_width, input_channels;
  int32_t output_height, output_width;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t padding_top, padding_left;
  int32_t input_zero_point;
  uint32_t whole[2]; /* a window that starts in so many rows and columns is inside the image */
  uint32_t steady;   /* of these columns: so many with two more such windows after it in its row */
  int32_t segment;   /* inputs of a row of the window */
  td_widen_s8_dsp_segments rows; /* a window that lies inside the image */
  td_widen_s8_dsp_segments row;  /* one row of a window, at least 4 bytes */
} td_conv_2d_s8_dsp_params;

/* Scratch: the padded image (whole words), the columns, the outputs of three pixels if the number
 * of pixels is no multiple of 3, then four segments: a row of padding, and for each pixel one that
 * is partly padding. */
void td_conv_2d_s8_dsp(const td_conv_2d_s8_dsp_params *p, const int8_t *input, int8_t *output,
                       int16_t *scratch);

#endif
