#ifndef TD_DEPTHWISE_ROW_S8_DSP_H
#define TD_DEPTHWISE_ROW_S8_DSP_H

#include "td_depthwise_dsp.h"

/* One row of outputs of four channels. Constants: TD_BLOCK outputs (1 to 6, at most 4 if the row
 * has several blocks; at most 3 with stride 2) of TD_STRIDE; TD_CHANNELS, from an output to the
 * next, or 0 to take it and what is skipped from `row`; TD_SHIFT of the floor form, or 0 for shifts
 * in the table. */
typedef td_depthwise_row_fn td_depthwise_row_s8_dsp_fn;

#endif
