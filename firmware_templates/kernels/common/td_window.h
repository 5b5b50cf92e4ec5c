/* The part of a sliding window that lies inside the image, along one dimension. */
#ifndef TD_WINDOW_H
#define TD_WINDOW_H

#include <stdint.h>

/* First position inside the image of a window that starts at `origin` (negative in the padding). */
static inline int32_t td_window_start(int32_t origin) { return origin > 0 ? origin : 0; }

/* One past the last position inside an image of `size` of a window of `length` elements. */
static inline int32_t td_window_end(int32_t origin, int32_t length, int32_t size) {
  return length < size - origin ? origin + length : size;
}

#endif
