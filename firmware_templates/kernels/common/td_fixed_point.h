/* Fixed-point rounding: all of it, for every kernel.
 *
 * A real multiplier is stored as a Q31 integer and a shift: real = multiplier * 2^(shift - 31).
 */
#ifndef TD_FIXED_POINT_H
#define TD_FIXED_POINT_H

#include <stdint.h>

/* (a * b * 2) >> 32, rounded to nearest, ties up; saturates the one overflow. The reference adds
 * 2^30 or 1 - 2^30 by the product's sign and divides by 2^31 towards zero: the same number. */
static inline int32_t td_doubling_high_multiply(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) {
    return INT32_MAX;
  }
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* value / 2^exponent, rounded to nearest, ties away from zero; exponent is 0 to 31. */
static inline int32_t td_rounding_divide_by_pot(int32_t value, int32_t exponent) {
  const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1u);
  const int32_t remainder = value & mask;
  const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
  return (value >> exponent) + (remainder > threshold ? 1 : 0);
}

/* Left shift as two's complement hardware does it. */
static inline int32_t td_shift_left(int32_t value, int32_t amount) {
  return (int32_t)((uint32_t)value << amount);
}

/* value * multiplier * 2^(shift - 31), rounded twice: after the product and after the shift. */
static inline int32_t td_multiply_round_twice(int32_t value, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  const int32_t right = shift > 0 ? 0 : -shift;
  return td_rounding_divide_by_pot(
      td_doubling_high_multiply(td_shift_left(value, left), multiplier), right);
}

/* value * multiplier * 2^(shift - 31), rounded once, ties up. shift is -31 to 30. */
static inline int32_t td_multiply_round_once(int32_t value, int32_t multiplier, int32_t shift) {
  const int32_t total = 31 - shift;
  const int64_t round = (int64_t)1 << (total - 1);
  return (int32_t)(((int64_t)value * multiplier + round) >> total);
}

/* value * multiplier / 2^right_shift, rounded once, ties up: what 16x8 convolutions do with a
 * multiplier of 16 bits. |value| < 2^47; right_shift is 8 to 46. */
static inline int32_t td_multiply_short(int64_t value, int32_t multiplier, int32_t right_shift) {
  return (int32_t)((value * multiplier + ((int64_t)1 << (right_shift - 1))) >> right_shift);
}

/* value * multiplier * 2^(shift - 31), rounded once, ties up: what 16x8 fully connected layers do.
 * |value| < 2^47; shift is -31 to 7. The product may need 78 bits: its lowest 16, which can't
 * change how it rounds, are dropped first. */
static inline int32_t td_multiply_wide(int64_t value, int32_t multiplier, int32_t shift) {
  const int64_t low = (value & 0xffff) * multiplier;
  const int64_t product = (value >> 16) * multiplier + (low >> 16);
  const int32_t total = 15 - shift;
  return (int32_t)((product + ((int64_t)1 << (total - 1))) >> total);
}

/* Sum that wraps as two's complement hardware does it: with a huge multiplier a scaled value is
 * anywhere in int32, and adding the zero point may leave the range. The reference wraps, too. */
static inline int32_t td_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static inline int32_t td_clamp(int32_t value, int32_t minimum, int32_t maximum) {
  return value < minimum ? minimum : value > maximum ? maximum : value;
}

#endif
