#ifndef TD_WIDEN_S8_DSP_H
#define TD_WIDEN_S8_DSP_H

#include <stdint.h>

/* Where a segment's inputs are, and the same of the rows that follow. */
typedef struct {
  int32_t bytes; /* of a segment: 4 at least */
  int32_t rows;
  int32_t row_bytes; /* from a row's segment to the next row's */
} td_widen_s8_dsp_segments;

/* Widens segments of three pixels to columns for td_matrix_s8_dsp, and returns their end. Of each
 * 4 inputs, 0 and 2 are a pair, and 1 and 3. A rest of 1 is a pair with the input two before it;
 * a rest of 2 or 3 is two pairs from the last 4 inputs. */
typedef int16_t *td_widen_s8_dsp_fn(const int8_t *first, const int8_t *second, const int8_t *third,
                                    int16_t *columns, const td_widen_s8_dsp_segments *segments);

td_widen_s8_dsp_fn td_widen_s8_dsp;

#endif
