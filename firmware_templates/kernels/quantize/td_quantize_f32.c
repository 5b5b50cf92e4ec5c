#include "td_quantize_f32.h"

#include "td_fixed_point.h"

/* Beyond this, every zero point saturates. */
#define LIMIT 1024.0f

/* Nearest integer, ties away from zero; not a number counts as large. */
static int32_t round_to_integer(float value) {
  const float limited = value < -LIMIT ? -LIMIT : value < LIMIT ? value : LIMIT;
  const int32_t whole = (int32_t)limited;
  const float fraction = limited - (float)whole;
  return whole + (fraction >= 0.5f ? 1 : 0) - (fraction <= -0.5f ? 1 : 0);
}

void td_quantize_f32(const td_quantize_f32_params *p, const float *input, uint8_t *output) {
  for (int32_t i = 0; i < p->count; ++i) {
    /* A division, as in the reference: a product with 1 / scale would round differently. */
    const int32_t value = round_to_integer(input[i] / p->scale) + p->zero_point;
    output[i] = (uint8_t)td_clamp(value, p->output_minimum, p->output_maximum);
  }
}
