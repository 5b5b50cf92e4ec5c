#include "td_fully_connected_s8.h"

#include "td_fixed_point.h"

void td_fully_connected_s8(const td_fully_connected_s8_params *p, const int8_t *input,
                           int8_t *output) {
  for (int32_t batch = 0; batch < p->batches; ++batch, input += p->depth) {
    const int8_t *weights = p->weights;
    for (int32_t o = 0; o < p->outputs; ++o, weights += p->depth) {
      int32_t sum = 0;
      for (int32_t d = 0; d < p->depth; ++d) {
        sum += (input[d] - p->input_zero_point) * weights[d];
      }
      /* The reference rounds once here, where convolutions round twice. */
      const int32_t biased = td_add(sum, p->bias[o]);
      const int32_t scaled = td_add(td_multiply_round_once(biased, p->multipliers[o], p->shifts[o]),
                                    p->output_zero_point);
      *output++ = (int8_t)td_clamp(scaled, p->output_minimum, p->output_maximum);
    }
  }
}
