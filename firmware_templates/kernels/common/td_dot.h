/* Sums of products of unsigned bytes: the inner loops of convolution and matrix product.
 *
 * Values and weights are stored plus 128: an unsigned byte loads with an immediate offset on every
 * core, a signed one does not on Armv6-M. The length is a multiple of 4 and at most 2^15, so the
 * sums fit an int32_t.
 */
#ifndef TD_DOT_H
#define TD_DOT_H

#include <stdint.h>

#define TD_DOT_CHANNELS 4

#if defined(__ARM_ARCH_6M__)
/* Eight low registers: two pointers, four sums, a value, a weight. */
#define TD_DOT_PIXELS 1
/* Without this the compiler adds the products of one sum up first, and runs out of registers. */
#define TD_DOT_KEEP(sum) __asm__("" : "+l"(sum))
#else
#define TD_DOT_PIXELS 2
#define TD_DOT_KEEP(sum) (void)0
#endif

/* sums[4]: `values` with four channels, whose weights alternate. */
static inline void td_dot_4x1(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a = 0, b = 0, c = 0, d = 0;
  do {
#define TD_STEP(i)                                                                                 \
  do {                                                                                             \
    const int32_t x = values[i];                                                                   \
    a += x * weights[4 * (i)];                                                                     \
    TD_DOT_KEEP(a);                                                                                \
    b += x * weights[4 * (i) + 1];                                                                 \
    TD_DOT_KEEP(b);                                                                                \
    c += x * weights[4 * (i) + 2];                                                                 \
    TD_DOT_KEEP(c);                                                                                \
    d += x * weights[4 * (i) + 3];                                                                 \
    TD_DOT_KEEP(d);                                                                                \
  } while (0)
    TD_STEP(0);
    TD_STEP(1);
    TD_STEP(2);
    TD_STEP(3);
#undef TD_STEP
    values += 4;
    weights += 16;
  } while (values != end);
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}

/* One sum. */
static inline int32_t td_dot_1x1(const uint8_t *values, const uint8_t *end,
                                 const uint8_t *weights) {
  int32_t a = 0;
  do {
    a += values[0] * weights[0];
    TD_DOT_KEEP(a);
    a += values[1] * weights[1];
    TD_DOT_KEEP(a);
    a += values[2] * weights[2];
    TD_DOT_KEEP(a);
    a += values[3] * weights[3];
    values += 4;
    weights += 4;
  } while (values != end);
  return a;
}

/* sums[4][2]: two pixels, of which four values each alternate, with four channels. */
static inline void td_dot_4x2(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a0 = 0, a1 = 0, b0 = 0, b1 = 0, c0 = 0, c1 = 0, d0 = 0, d1 = 0;
  do {
#define TD_STEP(i)                                                                                 \
  do {                                                                                             \
    const int32_t x = values[i], y = values[4 + (i)];                                              \
    int32_t w = weights[4 * (i)];                                                                  \
    a0 += x * w;                                                                                   \
    a1 += y * w;                                                                                   \
    w = weights[4 * (i) + 1];                                                                      \
    b0 += x * w;                                                                                   \
    b1 += y * w;                                                                                   \
    w = weights[4 * (i) + 2];                                                                      \
    c0 += x * w;                                                                                   \
    c1 += y * w;                                                                                   \
    w = weights[4 * (i) + 3];                                                                      \
    d0 += x * w;                                                                                   \
    d1 += y * w;                                                                                   \
  } while (0)
    TD_STEP(0);
    TD_STEP(1);
    TD_STEP(2);
    TD_STEP(3);
#undef TD_STEP
    values += 8;
    weights += 16;
  } while (values != end);
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = b0;
  sums[3] = b1;
  sums[4] = c0;
  sums[5] = c1;
  sums[6] = d0;
  sums[7] = d1;
}

/* sums[2]: two pixels, of which four values each alternate, with one channel. */
static inline void td_dot_1x2(const uint8_t *values, const uint8_t *end, const uint8_t *weights,
                              int32_t *sums) {
  int32_t a0 = 0, a1 = 0;
  do {
    for (int32_t i = 0; i < 4; ++i) {
      const int32_t w = weights[i];
      a0 += values[i] * w;
      a1 += values[4 + i] * w;
    }
    values += 8;
    weights += 4;
  } while (values != end);
  sums[0] = a0;
  sums[1] = a1;
}

#endif
