#ifndef TD_ADD_S8_DSP_H
#define TD_ADD_S8_DSP_H

#include <stdint.h>

/* output = saturate8((constant + first * a / 256 + second * b / 256) >> shift), each quotient
 * rounded down. Either operand may be the output's memory. */
typedef struct {
  int32_t fours; /* elements, four at a time */
  int32_t rest;
  int32_t constant;
  int32_t first, second;
  int32_t shift;
} td_add_s8_dsp_params;

void td_add_s8_dsp(const td_add_s8_dsp_params *p, const int8_t *first, const int8_t *second,
                   int8_t *output);

#endif
