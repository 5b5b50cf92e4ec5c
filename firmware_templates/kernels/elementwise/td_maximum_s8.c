#include "td_maximum_s8.h"

void td_maximum_s8(const td_maximum_s8_params *p, const int8_t *first, const int8_t *second,
                   int8_t *output) {
  const int32_t columns = p->sizes[TD_BROADCAST_RANK - 1];
  const int32_t first_step = p->first_strides[TD_BROADCAST_RANK - 1];
  const int32_t second_step = p->second_strides[TD_BROADCAST_RANK - 1];
  td_broadcast_row row = {{0}, 0, 0};
  do {
    const int8_t *a = first + row.first, *b = second + row.second;
    for (int32_t i = 0; i < columns; ++i, a += first_step, b += second_step) {
      *output++ = *a > *b ? *a : *b;
    }
  } while (td_broadcast_next(&row, p->sizes, p->first_strides, p->second_strides));
}
