/* Compiled with constants: TD_DOT_STEPS (divides the depth), LARGEST_PIXELS (1, or 2 where the core
 * has registers for two), ROUND_ONCE, AMPLIFIES (some shift is below 1), ZERO_POINT, MINIMUM and
 * MAXIMUM of the output. */
#include "td_dot_u8.h"

#include "td_dot.h"

#if LARGEST_PIXELS == 2 && TD_DOT_PIXELS == 2
#define PIXELS 2
#define DOT_FOUR td_dot_4x2
#define DOT_ONE td_dot_1x2
#else
#define PIXELS 1
#define DOT_FOUR td_dot_4x1
#define DOT_ONE td_dot_1x1
#endif

td_dot_u8_fn TD_FUNCTION;

static TD_NOINLINE void dot_four(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                                 int32_t *sums) {
  DOT_FOUR(values, end, weights, sums);
}

static inline int8_t finish(int32_t sum, uint32_t offset, const td_channel *channel) {
#if AMPLIFIES
  td_channel amplified = *channel;
  const int32_t exact = td_amplify((int32_t)((uint32_t)sum - offset), &amplified);
  channel = &amplified;
#else
  const int32_t exact = (int32_t)((uint32_t)sum - offset);
#endif
#if ROUND_ONCE
  const int32_t value = td_requantize_once(exact, channel);
#elif MINIMUM >= ZERO_POINT
  const int32_t value = td_requantize_twice_positive(exact, channel);
#else
  const int32_t value = td_requantize_twice(exact, channel);
#endif
  return (int8_t)(td_clamp(value, MINIMUM - ZERO_POINT, MAXIMUM - ZERO_POINT) + ZERO_POINT);
}

static inline int8_t *finish_all(int32_t count, const int32_t *sums, const uint32_t *offsets,
                                 const td_channel *table, int8_t *output, int32_t second) {
  const td_channel *end = table + count;
  const uint32_t first_offset = offsets[0], second_offset = offsets[PIXELS - 1];
  for (; table != end; sums += PIXELS) {
    /* A copy: a store to `output` might change the table, for all that the compiler knows. */
    const td_channel channel = *table++;
    const int8_t value = finish(sums[0], first_offset, &channel);
    if (PIXELS == 2) {
      output[second] = finish(sums[PIXELS - 1], second_offset, &channel);
    }
    *output++ = value;
  }
  return output;
}

void TD_FUNCTION(const td_dot_u8_matrix *matrix, const uint8_t *values, const uint32_t *offsets,
                 int8_t *output, int32_t second) {
  const int32_t depth = matrix->depth;
  const uint8_t *end = values + PIXELS * depth, *weights = matrix->weights;
  const td_channel *table = matrix->table, *last = table + matrix->channels;
  const td_channel *last_group = last - matrix->channels % TD_DOT_CHANNELS;
  int32_t sums[TD_DOT_CHANNELS * PIXELS];
  for (; table != last_group; table += TD_DOT_CHANNELS, weights += TD_DOT_CHANNELS * depth) {
    dot_four(values, end, weights, sums);
    output = finish_all(TD_DOT_CHANNELS, sums, offsets, table, output, second);
  }
  for (; table != last; ++table, weights += depth) {
    DOT_ONE(values, end, weights, sums);
    output = finish_all(1, sums, offsets, table, output, second);
  }
}
