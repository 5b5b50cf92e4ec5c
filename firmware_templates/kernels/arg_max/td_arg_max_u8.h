#ifndef TD_ARG_MAX_U8_H
#define TD_ARG_MAX_U8_H

#include <stdint.h>

/* For [outer][length][inner] bytes: the first index along `length` at which the byte, exclusive-or
 * `flip`, is largest; written as a little-endian integer of `index_bytes` (at least 4). */
typedef struct {
  int32_t outer, length, inner;
  int32_t flip;
  int32_t index_bytes;
} td_arg_max_u8_params;

void td_arg_max_u8(const td_arg_max_u8_params *p, const void *input, void *output);

#endif
