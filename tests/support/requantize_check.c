/* Compares the short rounding of td_requantize.h with the general one of td_fixed_point.h, on
 * random numbers of every size and on ties. Exits with 1 at the first difference. */
#include <stdio.h>

#include "td_requantize.h"

static uint64_t state = UINT64_C(88172645463325252);

static uint32_t random_word(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 16);
}

/* Below 2^29, of any magnitude and sign. */
static int32_t random_sum(void) {
  const int32_t value = (int32_t)(random_word() & ((UINT32_C(1) << (1 + random_word() % 29)) - 1u));
  return random_word() % 2 ? -value : value;
}

/* 0, or in [2^30, 2^31); with few bits set, products are ties. */
static int32_t random_multiplier(void) {
  static const uint32_t masks[] = {0x3fffffffu, 0x3fff0000u, 0x30000000u, 0u};
  const uint32_t mask = masks[random_word() % 4];
  return random_word() % 64 == 0 ? 0 : (int32_t)((random_word() & mask) | 0x40000000u);
}

int main(void) {
  for (long i = 0; i < 4000000; ++i) {
    const int32_t sum = random_sum(), multiplier = random_multiplier();
    const int32_t right = (int32_t)(random_word() % 30);
    const td_channel twice = {0, multiplier, right + 1}, once = {0, multiplier, right - 1};
    const int32_t expected = td_multiply_round_twice(sum, multiplier, -right);
    const int32_t positive = td_requantize_twice_positive(sum, &twice);
    if (td_requantize_twice(sum, &twice) != expected ||
        (expected > 0 ? positive != expected : positive > 0) ||
        (right >= 2 &&
         td_requantize_once(sum, &once) != td_multiply_round_once(sum, multiplier, -right))) {
      printf("%d * %d, shift %d\n", (int)sum, (int)multiplier, (int)right);
      return 1;
    }
  }
  return 0;
}
