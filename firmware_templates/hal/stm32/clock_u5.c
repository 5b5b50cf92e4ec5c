/* STM32U5: the 16 MHz oscillator, through PLL1; a reset starts the 4 MHz one at the lowest core
 * voltage. RM0456: RCC_CR, CFGR1, PLL1CFGR, PLL1DIVR and AHB3ENR in 11.8; voltage range, EPOD
 * booster and PWR_VOSR in 10.5.4 and 10.10; FLASH_ACR in 7.3.3 and 7.9.1; ICACHE in 8.7. */
#include "stm32.h"
#include "tdrt_wait.h"

#define RCC_CR TDRT_REGISTER(0x46020C00u, 0x00u)
#define RCC_CFGR1 TDRT_REGISTER(0x46020C00u, 0x1Cu)
#define RCC_PLL1CFGR TDRT_REGISTER(0x46020C00u, 0x28u)
#define RCC_PLL1DIVR TDRT_REGISTER(0x46020C00u, 0x34u)
#define RCC_AHB3ENR 0x46020C94u
#define PWR_VOSR TDRT_REGISTER(0x46020800u, 0x0Cu)
#define FLASH_ACR TDRT_REGISTER(0x40022000u, 0x0u)
#define ICACHE_CR TDRT_REGISTER(0x40030400u, 0x0u)
#define ICACHE_SR TDRT_REGISTER(0x40030400u, 0x4u)

#define CR_HSION (1u << 8)
#define CR_HSIRDY (1u << 10)
#define CR_PLL1ON (1u << 24)
#define CR_PLL1RDY (1u << 25)
#define AHB3ENR_PWREN (1u << 2)
#define VOSR_BOOSTRDY (1u << 14)
#define VOSR_VOSRDY (1u << 15)
#define VOSR_RANGE_1 (3u << 16)
#define VOSR_BOOSTEN (1u << 18)
#define ACR_LATENCY 0xFu
#define ACR_PRFTEN (1u << 8)
#define CFGR1_SW_PLL1 3u
#define CFGR1_SWS_PLL1 (3u << 2)
#define ICACHE_EN (1u << 0)
#define ICACHE_BUSYF (1u << 0)

/* Sets bits in a register and waits for others in it; whether they came. */
static bool set_and_wait(volatile uint32_t *reg, uint32_t bits, uint32_t ready) {
  *reg |= bits;
  return tdrt_wait_for(reg, ready, ready);
}

/* The register that was waited for in vain, or 0. */
static uintptr_t start_pll(void) {
  tdrt_stm32_switch_on(RCC_AHB3ENR, AHB3ENR_PWREN);
  if (!set_and_wait(&PWR_VOSR, VOSR_RANGE_1, VOSR_VOSRDY)) {
    return (uintptr_t)&PWR_VOSR;
  }
  if (!set_and_wait(&RCC_CR, CR_HSION, CR_HSIRDY)) {
    return (uintptr_t)&RCC_CR;
  }
  /* The booster runs from the source of PLL1, which must be chosen first. */
  RCC_PLL1CFGR = TDRT_PLL_CONFIG;
  RCC_PLL1DIVR = TDRT_PLL_DIVIDERS;
  if (!set_and_wait(&PWR_VOSR, VOSR_BOOSTEN, VOSR_BOOSTRDY)) {
    return (uintptr_t)&PWR_VOSR;
  }
  if (!set_and_wait(&RCC_CR, CR_PLL1ON, CR_PLL1RDY)) {
    return (uintptr_t)&RCC_CR;
  }
  /* The flash must be slow enough before the core gets fast. */
  FLASH_ACR = ACR_PRFTEN | TDRT_FLASH_WAIT_STATES;
  if (!tdrt_wait_for(&FLASH_ACR, ACR_LATENCY, TDRT_FLASH_WAIT_STATES)) {
    return (uintptr_t)&FLASH_ACR;
  }
  if (!set_and_wait(&RCC_CFGR1, CFGR1_SW_PLL1, CFGR1_SWS_PLL1)) {
    RCC_CFGR1 &= ~CFGR1_SW_PLL1;
    return (uintptr_t)&RCC_CFGR1;
  }
  return 0;
}

tdrt_stm32_clock tdrt_stm32_start_clock(void) {
  const uintptr_t failed_register = start_pll();
  tdrt_stm32_clock clock = {failed_register == 0 ? TDRT_UART_CLOCK_HZ : TDRT_RESET_CLOCK_HZ,
                            failed_register};
  /* A reset empties the instruction cache, which may be enabled when that is done. */
  if (tdrt_wait_for(&ICACHE_SR, ICACHE_BUSYF, 0)) {
    ICACHE_CR |= ICACHE_EN;
  } else if (failed_register == 0) {
    clock.failed_register = (uintptr_t)&ICACHE_SR;
  }
  return clock;
}
