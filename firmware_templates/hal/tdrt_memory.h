/* Memories besides the main ones, made ready for use. */
#ifndef TDRT_MEMORY_H
#define TDRT_MEMORY_H

#include <string.h>

#include "tdrt_build.h"
#include "tdrt_link.h"

/* Some RAMs hold no valid error-correcting code until they are written. */
static inline void tdrt_memory_zero_arena(void) {
#ifdef TDRT_ARENA_ELSEWHERE
  memset(tdrt_link_arena_start, 0, (size_t)(tdrt_link_arena_end - tdrt_link_arena_start));
#endif
}

/* Starts clocks that a reset leaves off. The stack is never in one of these memories. */
static inline void tdrt_memory_start(void) {
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
  tdrt_memory_zero_arena();
}

#endif
