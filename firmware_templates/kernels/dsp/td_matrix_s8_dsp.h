#ifndef TD_MATRIX_S8_DSP_H
#define TD_MATRIX_S8_DSP_H

#include "td_matrix_dsp.h"

/* Serves every layer; rounds with the shifts in the stream. */
typedef td_matrix_dsp_fn td_matrix_s8_dsp_fn;

td_matrix_s8_dsp_fn td_matrix_s8_dsp;

#endif
