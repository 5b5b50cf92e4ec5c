#ifndef TD_RESIZE_NEAREST_NEIGHBOR_H
#define TD_RESIZE_NEAREST_NEIGHBOR_H

#include <stdint.h>

/* Copies whole pixels of NHWC, whatever their type. */
typedef struct {
  int32_t batches;
  int32_t image_bytes, row_bytes, pixel_bytes; /* of the input */
  int32_t output_height, output_width;
  const uint16_t *rows;    /* [output_height]: input row */
  const uint16_t *columns; /* [output_width]: input column */
} td_resize_nearest_neighbor_params;

void td_resize_nearest_neighbor(const td_resize_nearest_neighbor_params *p, const void *input,
                                void *output);

#endif
