/* Sums of products of unsigned bytes: the inner loops of convolution and matrix product.
 *
 * Values and weights are stored plus 128: an unsigned byte loads with an immediate offset on every
 * core, a signed one does not on Armv6-M. The length is a multiple of TD_DOT_STEPS (4 or 8, which
 * the includer defines), more than 0, and at most 2^15, so the sums fit an int32_t.
 */
#ifndef TD_DOT_H
#define TD_DOT_H

#include <stdint.h>

#include "td_compiler.h"

#define TD_DOT_CHANNELS 4

/* sums[4]: `values` with four channels, whose weights alternate. */
static inline void td_dot_4x1(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a = 0, b = 0, c = 0, d = 0, x;
  for (; values != end; values += TD_DOT_STEPS, weights += 4 * TD_DOT_STEPS) {
#define TD_STEP(i)                                                                                 \
  x = values[i];                                                                                   \
  a += x * weights[4 * (i)];                                                                       \
  TD_KEEP(a);                                                                                      \
  b += x * weights[4 * (i) + 1];                                                                   \
  TD_KEEP(b);                                                                                      \
  c += x * weights[4 * (i) + 2];                                                                   \
  TD_KEEP(c);                                                                                      \
  d += x * weights[4 * (i) + 3];                                                                   \
  TD_KEEP(d);                                                                                      \
  TD_FORGET_LOADS()
    TD_STEP(0);
    TD_STEP(1);
    TD_STEP(2);
    TD_STEP(3);
#if TD_DOT_STEPS == 8
    TD_STEP(4);
    TD_STEP(5);
    TD_STEP(6);
    TD_STEP(7);
#endif
#undef TD_STEP
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}

/* sums[4][2]: two pixels, of which four values each alternate, with four channels. */
static inline void td_dot_4x2(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a0 = 0, a1 = 0, b0 = 0, b1 = 0, c0 = 0, c1 = 0, d0 = 0, d1 = 0, x, y, w;
  for (; values != end; values += 2 * TD_DOT_STEPS, weights += 4 * TD_DOT_STEPS) {
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
  d1 += y * w;                                                                                     \
  TD_FORGET_LOADS()
    TD_STEP(0, 0);
    TD_STEP(1, 4);
    TD_STEP(2, 8);
    TD_STEP(3, 12);
#if TD_DOT_STEPS == 8
    TD_STEP(8, 16);
    TD_STEP(9, 20);
    TD_STEP(10, 24);
    TD_STEP(11, 28);
#endif
#undef TD_STEP
  }
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
