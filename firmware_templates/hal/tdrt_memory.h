/* Memories whose clock a reset leaves off. */
#ifndef TDRT_MEMORY_H
#define TDRT_MEMORY_H

#include <stdint.h>

#include "tdrt_build.h"

/* Before the arena or the weights are touched; the stack is never in one of these. */
static inline void tdrt_memory_enable(void) {
#ifdef TDRT_MEMORY_ENABLES
  static const struct {
    uint32_t address, bits;
  } enables[] = {TDRT_MEMORY_ENABLES};
  for (uint32_t i = 0; i < sizeof enables / sizeof *enables; ++i) {
    volatile uint32_t *reg = (volatile uint32_t *)(uintptr_t)enables[i].address;
    *reg |= enables[i].bits;
    (void)*reg; /* the clock runs once the write has arrived */
  }
#endif
}

#endif
