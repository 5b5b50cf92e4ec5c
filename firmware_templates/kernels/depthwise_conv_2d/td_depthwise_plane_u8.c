/* Compiled with constants: KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_WIDTH, DILATION_WIDTH, BLOCK
 * (outputs computed together), LARGEST_UNROLL (taps), AMPLIFIES (some shift is below 1), and
 * ZERO_POINT, MINIMUM, MAXIMUM of the output. */
#include "td_depthwise_plane_u8.h"

#include "td_compiler.h"

#if KERNEL_HEIGHT * KERNEL_WIDTH <= LARGEST_UNROLL && !TD_FEW_REGISTERS
#define UNROLL_ROWS KERNEL_HEIGHT
#else
#define UNROLL_ROWS 1
#endif
#if KERNEL_WIDTH <= LARGEST_UNROLL
#define UNROLL_COLUMNS KERNEL_WIDTH
#else
#define UNROLL_COLUMNS 1
#endif

td_depthwise_plane_u8_fn TD_FUNCTION;

static inline int8_t finish(int32_t sum, const td_channel *channel) {
#if AMPLIFIES
  td_channel amplified = *channel;
  sum = td_amplify(sum, &amplified);
  channel = &amplified;
#endif
#if MINIMUM >= ZERO_POINT
  const int32_t value = td_requantize_twice_positive(sum, channel);
#else
  const int32_t value = td_requantize_twice(sum, channel);
#endif
  return (int8_t)(td_clamp(value, MINIMUM - ZERO_POINT, MAXIMUM - ZERO_POINT) + ZERO_POINT);
}

/* The sums of BLOCK windows that start at `values`. */
static inline void sum_block(const td_depthwise_plane *plane, const uint8_t *values,
                             const int8_t *weights, int32_t *sums) {
  int32_t block[BLOCK] = {0};
  TD_UNROLL(UNROLL_ROWS)
  for (int32_t ky = 0; ky < KERNEL_HEIGHT; ++ky) {
    TD_UNROLL(UNROLL_COLUMNS)
    for (int32_t kx = 0; kx < KERNEL_WIDTH; ++kx) {
      const int32_t weight = weights[kx];
      TD_UNROLL(BLOCK)
      for (int32_t i = 0; i < BLOCK; ++i) {
        block[i] += values[kx * DILATION_WIDTH + i * STRIDE_WIDTH] * weight;
        TD_KEEP(block[i]);
      }
      TD_FORGET_LOADS();
    }
    values += plane->tap_step;
    weights += KERNEL_WIDTH;
  }
  TD_UNROLL(BLOCK)
  for (int32_t i = 0; i < BLOCK; ++i) {
    sums[i] = block[i];
  }
}

void TD_FUNCTION(const td_depthwise_plane *plane, const uint8_t *values, const int8_t *weights,
                 const td_channel *channel, int8_t *output) {
  const td_channel constants = *channel;
  const int32_t output_step = plane->output_step;
  int32_t sums[BLOCK];
  for (int32_t y = 0; y < plane->rows; ++y, values += plane->row_step) {
    const uint8_t *block = values;
    for (int32_t left = plane->columns; left > 0; left -= BLOCK, block += BLOCK * STRIDE_WIDTH) {
      const int32_t *end = sums + (left < BLOCK ? left : BLOCK);
      sum_block(plane, block, weights, sums);
      for (const int32_t *sum = sums; sum != end; output += output_step) {
        *output = finish(*sum++, &constants);
      }
    }
  }
}
