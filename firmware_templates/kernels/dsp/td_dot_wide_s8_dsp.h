#ifndef TD_DOT_WIDE_S8_DSP_H
#define TD_DOT_WIDE_S8_DSP_H

#include "td_dot_dsp.h"

/* Reads inputs that have been widened: of each 4, a word with 0 and 2, and one with 1 and 3. In
 * blocks of 32. */
typedef td_dot_dsp_fn td_dot_wide_s8_dsp_fn;

td_dot_wide_s8_dsp_fn td_dot_wide_s8_dsp;

#endif
