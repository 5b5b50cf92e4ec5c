#ifndef TD_DOT_U8_H
#define TD_DOT_U8_H

#include <stdint.h>

#include "td_compiler.h"
#include "td_requantize.h"

/* How many pixels it multiplies at once: one pixel, four sums, a value, a weight and two pointers
 * fill eight registers. */
#define TD_DOT_PIXELS (2 - TD_FEW_REGISTERS)

/* A matrix of unsigned bytes: values and weights plus 128, zero points folded into the biases. */
typedef struct {
  int32_t depth;    /* a multiple of 4 */
  int32_t channels; /* rows */
  /* [channels / 4][depth][4], then what remains of the rows one by one: [channels % 4][depth] */
  const uint8_t *weights;
  const td_channel *table; /* [channels] */
} td_dot_u8_matrix;

/* All outputs of one pixel, or of two: then four bytes of one and four of the other alternate.
 * `offsets` are subtracted from each pixel's sums. The other pixel's outputs start `second` bytes
 * after the first's; at 0 the first's are the ones that stay. */
typedef void td_dot_u8_fn(const td_dot_u8_matrix *matrix, const uint8_t *values,
                          const uint32_t *offsets, int8_t *output, int32_t second);

#endif
