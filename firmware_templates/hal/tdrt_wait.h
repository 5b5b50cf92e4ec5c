/* Waiting for hardware, never for ever. */
#ifndef TDRT_WAIT_H
#define TDRT_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Some 10 ms at 600 MHz and a second at 4 MHz: no oscillator or PLL here needs as long. */
#define TDRT_WAIT_READS 1000000u

/* Whether the bits `mask` of `*status` have become `value`. */
static inline bool tdrt_wait_for(const volatile uint32_t *status, uint32_t mask, uint32_t value) {
  for (uint32_t reads = 0; reads < TDRT_WAIT_READS; ++reads) {
    if ((*status & mask) == value) {
      return true;
    }
  }
  return false;
}

#endif
