/* The caches of a Cortex-M7, which a reset leaves off. Nothing here uses DMA, so they need no care
 * after that. ARM DDI 0489, 5.7; PM0253, 4.8. */
#ifndef TDRT_CACHE_H
#define TDRT_CACHE_H

#include <stdint.h>

#define TDRT_SCB(offset) (*(volatile uint32_t *)(0xE000E000u + (offset)))
#define TDRT_SCB_CCR TDRT_SCB(0xD14u)
#define TDRT_SCB_CCSIDR TDRT_SCB(0xD80u)
#define TDRT_SCB_CSSELR TDRT_SCB(0xD84u)
#define TDRT_SCB_ICIALLU TDRT_SCB(0xF50u)
#define TDRT_SCB_DCISW TDRT_SCB(0xF60u)
#define TDRT_CCR_BOTH_CACHES (3u << 16)
#define TDRT_BARRIER() __asm volatile("dsb\n\tisb" ::: "memory")

/* What they hold after a reset is arbitrary: it is thrown away first. */
static inline void tdrt_cache_enable(void) {
  TDRT_SCB_CSSELR = 0; /* the data cache of level 1 */
  TDRT_BARRIER();
  const uint32_t size = TDRT_SCB_CCSIDR;
  const uint32_t last_set = (size >> 13) & 0x7FFFu;
  for (uint32_t set = 0; set <= last_set; ++set) {
    for (uint32_t way = 0; way < 4u; ++way) {
      TDRT_SCB_DCISW = (way << 30) | (set << 5);
    }
  }
  TDRT_SCB_ICIALLU = 0;
  TDRT_BARRIER();
  TDRT_SCB_CCR |= TDRT_CCR_BOTH_CACHES;
  TDRT_BARRIER();
}

#endif
