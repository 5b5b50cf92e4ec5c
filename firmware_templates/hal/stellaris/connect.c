/* UART0 of a Stellaris LM3S on PA0 and PA1, all fed by the main oscillator's 8 MHz. */
#include "pl011.h"
#include "tdrt_wait.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SYSCTL_RIS REGISTER(0x400FE050u)
#define SYSCTL_RCC REGISTER(0x400FE060u)
#define SYSCTL_RCGC1 REGISTER(0x400FE104u)
#define SYSCTL_RCGC2 REGISTER(0x400FE108u)
#define GPIOA_AFSEL REGISTER(0x40004420u)
#define GPIOA_DEN REGISTER(0x4000451Cu)
#define RCC_MAIN_OSCILLATOR_OFF (1u << 0)
#define RCC_SOURCE_MASK (3u << 4)
#define RCC_CRYSTAL_MASK (0xFu << 6)
#define RCC_CRYSTAL_8_MHZ (0xEu << 6)
#define RCC_PLL_BYPASS (1u << 11)
#define RCC_USE_DIVIDER (1u << 22)
#define START_UP_READS 100000u

uintptr_t tdrt_pl011_connect(void) {
  SYSCTL_RCC = (SYSCTL_RCC | RCC_PLL_BYPASS) & ~(RCC_USE_DIVIDER | RCC_MAIN_OSCILLATOR_OFF);
  /* No flag tells that the crystal swings: it takes less than 10 ms. */
  for (uint32_t i = 0; i < START_UP_READS; ++i) {
    (void)SYSCTL_RIS;
  }
  SYSCTL_RCC = (SYSCTL_RCC & ~(RCC_SOURCE_MASK | RCC_CRYSTAL_MASK)) | RCC_CRYSTAL_8_MHZ;
  SYSCTL_RCGC1 |= 1u;
  SYSCTL_RCGC2 |= 1u;
  (void)SYSCTL_RCGC2; /* the clock needs a moment before the first access */
  GPIOA_AFSEL |= 3u;
  GPIOA_DEN |= 3u;
  return 0;
}
