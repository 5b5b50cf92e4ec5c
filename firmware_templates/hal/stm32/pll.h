/* How the STM32 families run from their PLL, which the internal oscillator feeds. */
#ifndef TDRT_STM32_PLL_H
#define TDRT_STM32_PLL_H

#include <stdint.h>

#include "stm32.h"
#include "tdrt_wait.h"

#define TDRT_RCC_CR_PLLON (1u << 24)
#define TDRT_RCC_CR_PLLRDY (1u << 25)
#define TDRT_FLASH_LATENCY_MASK 7u

/* Where a family has what; the board file says by what its PLL multiplies. */
typedef struct {
  volatile uint32_t *rcc_cr;
  volatile uint32_t *rcc_pll;   /* takes TDRT_PLL_CONFIG */
  volatile uint32_t *rcc_cfgr;  /* takes TDRT_CLOCK_DIVIDERS, of the peripheral buses */
  volatile uint32_t *flash_acr; /* takes TDRT_FLASH_WAIT_STATES */
  uint32_t oscillator_on;       /* in rcc_cr */
  uint32_t oscillator_ready;    /* in rcc_cr */
  uint32_t flash_buffers;       /* in flash_acr: prefetch and caches */
  uint32_t select_pll;          /* in rcc_cfgr */
  uint32_t selected_shift;      /* how much higher rcc_cfgr tells what is selected */
} tdrt_stm32_pll;

static inline tdrt_stm32_clock tdrt_stm32_start_pll(const tdrt_stm32_pll *pll) {
  const tdrt_stm32_clock done = {TDRT_UART_CLOCK_HZ, 0};
  tdrt_stm32_clock failed = {TDRT_RESET_CLOCK_HZ, (uintptr_t)pll->rcc_cr};
  *pll->rcc_cr |= pll->oscillator_on;
  if (!tdrt_wait_for(pll->rcc_cr, pll->oscillator_ready, pll->oscillator_ready)) {
    return failed;
  }
  *pll->rcc_pll = TDRT_PLL_CONFIG;
  *pll->rcc_cr |= TDRT_RCC_CR_PLLON;
  if (!tdrt_wait_for(pll->rcc_cr, TDRT_RCC_CR_PLLRDY, TDRT_RCC_CR_PLLRDY)) {
    return failed;
  }
  /* The flash must be slow enough before the core gets fast. Other bits stay: on some families one
   * lets the debugger in. */
  *pll->flash_acr =
      (*pll->flash_acr & ~TDRT_FLASH_LATENCY_MASK) | pll->flash_buffers | TDRT_FLASH_WAIT_STATES;
  if (!tdrt_wait_for(pll->flash_acr, TDRT_FLASH_LATENCY_MASK, TDRT_FLASH_WAIT_STATES)) {
    failed.failed_register = (uintptr_t)pll->flash_acr;
    return failed;
  }
  const uint32_t before = *pll->rcc_cfgr;
  const uint32_t selected = pll->select_pll << pll->selected_shift;
  *pll->rcc_cfgr = before | TDRT_CLOCK_DIVIDERS;
  *pll->rcc_cfgr = before | TDRT_CLOCK_DIVIDERS | pll->select_pll;
  if (!tdrt_wait_for(pll->rcc_cfgr, selected, selected)) {
    *pll->rcc_cfgr = before;
    failed.failed_register = (uintptr_t)pll->rcc_cfgr;
    return failed;
  }
  return done;
}

#endif
