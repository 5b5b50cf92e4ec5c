#include "td_resize_nearest_neighbor.h"

#include <string.h>

void td_resize_nearest_neighbor(const td_resize_nearest_neighbor_params *p, const void *input,
                                void *output) {
  const uint8_t *image = input;
  uint8_t *target = output;
  for (int32_t batch = 0; batch < p->batches; ++batch, image += p->image_bytes) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      const uint8_t *row = image + p->rows[y] * p->row_bytes;
      for (int32_t x = 0; x < p->output_width; ++x, target += p->pixel_bytes) {
        memcpy(target, row + p->columns[x] * p->pixel_bytes, (size_t)p->pixel_bytes);
      }
    }
  }
}
