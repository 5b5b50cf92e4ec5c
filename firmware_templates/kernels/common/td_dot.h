/* Sums of products of unsigned bytes: the inner loops of convolution and matrix product.
 *
 * Values and weights are stored plus 128: an unsigned byte loads with an immediate offset on every
 * core, a signed one does not on Armv6-M. The length is a multiple of 4 and at most 2^15, so the
 * sums fit an int32_t.
 */
#ifndef TD_DOT_H
#define TD_DOT_H

#include <stddef.h>
#include <stdint.h>

#include "td_compiler.h"

#define TD_DOT_CHANNELS 4
/* One pixel, four sums, a value, a weight and two pointers fill eight registers. */
#define TD_DOT_PIXELS (2 - TD_FEW_REGISTERS)

/* sums[4]: `values` with four channels, whose weights alternate. */
static inline void td_dot_4x1(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a = 0, b = 0, c = 0, d = 0, x;
#define TD_STEP(i)                                                                                 \
  x = values[i];                                                                                   \
  a += x * weights[4 * (i)];                                                                       \
  TD_KEEP(a);                                                                                      \
  b += x * weights[4 * (i) + 1];                                                                   \
  TD_KEEP(b);                                                                                      \
  c += x * weights[4 * (i) + 2];                                                                   \
  TD_KEEP(c);                                                                                      \
  d += x * weights[4 * (i) + 3];                                                                   \
  TD_KEEP(d)
#define TD_FOUR_STEPS(i)                                                                           \
  TD_STEP(i);                                                                                      \
  TD_STEP((i) + 1);                                                                                \
  TD_STEP((i) + 2);                                                                                \
  TD_STEP((i) + 3)
  const uint8_t *even = end - ((size_t)(end - values) & 7u);
  for (; values != even; values += 8, weights += 32) {
    TD_FOUR_STEPS(0);
    TD_FOUR_STEPS(4);
  }
  if (values != end) {
    TD_FOUR_STEPS(0);
  }
#undef TD_FOUR_STEPS
#undef TD_STEP
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}

/* sums[4][2]: two pixels, of which four values each alternate, with four channels. */
static inline void td_dot_4x2(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a0 = 0, a1 = 0, b0 = 0, b1 = 0, c0 = 0, c1 = 0, d0 = 0, d1 = 0, x, y, w;
#define TD_STEP(value, weight)                                                                     \
  x = values[value];                                                                               \
  y = values[(value) + 4];                                                                         \
  w = weights[weight];                                                                             \
  a0 += x * w;                                                                                     \
  a1 += y * w;                                                                                     \
  w = weights[(weight) + 1];                                                                       \
  b0 += x * w;                                                                                     \
  b1 += y * w;                                                                                     \
  w = weights[(weight) + 2];                                                                       \
  c0 += x * w;                                                                                     \
  c1 += y * w;                                                                                     \
  w = weights[(weight) + 3];                                                                       \
  d0 += x * w;                                                                                     \
  d1 += y * w
#define TD_FOUR_STEPS(value, weight)                                                               \
  TD_STEP(value, weight);                                                                          \
  TD_STEP((value) + 1, (weight) + 4);                                                              \
  TD_STEP((value) + 2, (weight) + 8);                                                              \
  TD_STEP((value) + 3, (weight) + 12)
  const uint8_t *even = end - ((size_t)(end - values) & 15u);
  for (; values != even; values += 16, weights += 32) {
    TD_FOUR_STEPS(0, 0);
    TD_FOUR_STEPS(8, 16);
  }
  if (values != end) {
    TD_FOUR_STEPS(0, 0);
  }
#undef TD_FOUR_STEPS
#undef TD_STEP
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = b0;
  sums[3] = b1;
  sums[4] = c0;
  sums[5] = c1;
  sums[6] = d0;
  sums[7] = d1;
}

/* sums[1]: one channel. */
static inline void td_dot_1x1(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a = 0;
  for (; values != end; values += 4, weights += 4) {
    a += values[0] * weights[0];
    TD_KEEP(a);
    a += values[1] * weights[1];
    TD_KEEP(a);
    a += values[2] * weights[2];
    TD_KEEP(a);
    a += values[3] * weights[3];
  }
  sums[0] = a;
}

/* sums[2]: two pixels, of which four values each alternate, with one channel. */
static inline void td_dot_1x2(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a0 = 0, a1 = 0, w;
#define TD_STEP(i)                                                                                 \
  w = weights[i];                                                                                  \
  a0 += values[i] * w;                                                                             \
  a1 += values[(i) + 4] * w
  for (; values != end; values += 8, weights += 4) {
    TD_STEP(0);
    TD_STEP(1);
    TD_STEP(2);
    TD_STEP(3);
  }
#undef TD_STEP
  sums[0] = a0;
  sums[1] = a1;
}

#endif
