/* Two operands of different shapes, read in the order of the output's elements. */
#ifndef TD_BROADCAST_H
#define TD_BROADCAST_H

#include <stdint.h>

#define TD_BROADCAST_RANK 6

/* Where the current row (the last dimension) starts, in elements, in each operand. */
typedef struct {
  int32_t index[TD_BROADCAST_RANK - 1];
  int32_t first, second;
} td_broadcast_row;

/* Moves to the next row; 0 after the last one. A stride is 0 where the operand repeats. */
static inline int td_broadcast_next(td_broadcast_row *row, const int32_t *sizes,
                                    const int32_t *first_strides, const int32_t *second_strides) {
  for (int axis = TD_BROADCAST_RANK - 2; axis >= 0; --axis) {
    row->first += first_strides[axis];
    row->second += second_strides[axis];
    if (++row->index[axis] < sizes[axis]) {
      return 1;
    }
    row->index[axis] = 0;
    row->first -= sizes[axis] * first_strides[axis];
    row->second -= sizes[axis] * second_strides[axis];
  }
  return 0;
}

#endif
