#ifndef TD_DOT_ROWS_S8_DSP_H
#define TD_DOT_ROWS_S8_DSP_H

#include "td_dot_dsp.h"

/* Widens the inputs as it reads them, in blocks of 16. */
typedef td_dot_dsp_fn td_dot_rows_s8_dsp_fn;

td_dot_rows_s8_dsp_fn td_dot_rows_s8_dsp;

#endif
