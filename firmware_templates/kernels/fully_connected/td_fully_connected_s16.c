#include "td_fully_connected_s16.h"

#include "td_fixed_point.h"

void td_fully_connected_s16(const td_fully_connected_s16_params *p, const int16_t *input,
                            int16_t *output) {
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->depth) {
    const int8_t *weights = p->weights;
    for (int32_t o = 0; o < p->outputs; ++o, weights += p->depth) {
      int64_t sum = p->bias[o];
      for (int32_t d = 0; d < p->depth; ++d) {
        sum += input[d] * weights[d];
      }
      /* All 32 bits of the multiplier, where 16x8 convolutions round it to 16. */
      const int32_t scaled = td_multiply_wide(sum, p->multipliers[o], p->shifts[o]);
      *output++ = (int16_t)td_clamp(scaled, p->output_minimum, p->output_maximum);
    }
  }
}
