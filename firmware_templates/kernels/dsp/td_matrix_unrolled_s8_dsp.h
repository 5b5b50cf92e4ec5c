#ifndef TD_MATRIX_UNROLLED_S8_DSP_H
#define TD_MATRIX_UNROLLED_S8_DSP_H

#include "td_matrix_dsp.h"

/* Serves the layers of one shape, which it does not read. Constants: TD_PAIRS of inputs,
 * TD_BLOCK (the pairs of a loop's turn, where TD_PAIRS is more), TD_OUTPUTS; TD_SHIFT of the floor
 * form, or 0 and TD_ROUNDING, 2 * output zero point + 1, to round twice. The stream of each two
 * channels ends with a multiplier and a constant each, or with a multiplier each and then both
 * shifts, less 1, a byte each. */
typedef td_matrix_dsp_fn td_matrix_unrolled_s8_dsp_fn;

#endif
