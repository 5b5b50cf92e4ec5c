/* STM32H7: the 64 MHz oscillator that a reset starts, through PLL1, at a higher core voltage.
 * H743: RM0433, PWR_CR3, CSR1 and D3CR in 6.8, FLASH_ACR in 4.9.1 with table 17, RCC in 8.7.
 * H7A3: RM0455, where D3CR, D1CFGR, D2CFGR and D3CFGR are called SRDCR, CDCFGR1, CDCFGR2 and
 * SRDCFGR.
 *
 * PWR_CR3 can be written once after power-on, and a regulator that the board doesn't have stops the
 * core until the power is cycled: TDRT_SUPPLY is what the board is wired for. The low bits are
 * BYPASS, LDOEN, and SMPSEN (on parts without that converter: SCUEN, whose 0 ends the choice). */
#include "stm32.h"
#include "tdrt_wait.h"

#define RCC(offset) TDRT_REGISTER(0x58024400u, offset)
#define RCC_CR RCC(0x00u)
#define RCC_CFGR RCC(0x10u)
#define RCC_D1CFGR RCC(0x18u)
#define RCC_D2CFGR RCC(0x1Cu)
#define RCC_D3CFGR RCC(0x20u)
#define RCC_PLLCKSELR RCC(0x28u)
#define RCC_PLLCFGR RCC(0x2Cu)
#define RCC_PLL1DIVR RCC(0x30u)
#define PWR_CSR1 TDRT_REGISTER(0x58024800u, 0x04u)
#define PWR_CR3 TDRT_REGISTER(0x58024800u, 0x0Cu)
#define PWR_D3CR TDRT_REGISTER(0x58024800u, 0x18u)
#define FLASH_ACR TDRT_REGISTER(0x52002000u, 0x0u)

#define CR3_SUPPLY_MASK 7u
#define CSR1_ACTVOSRDY (1u << 13)
#define D3CR_VOSRDY (1u << 13)
#define D3CR_VOS_MASK (3u << 14)
#define CR_PLL1ON (1u << 24)
#define CR_PLL1RDY (1u << 25)
#define PLLCFGR_PLL1_MASK (0xFu | (7u << 16)) /* range of PLL1, and which of its outputs are on */
#define CFGR_SW_MASK 7u
#define CFGR_SW_PLL1 3u
#define CFGR_SWS_MASK (7u << 3)
#define CFGR_SWS_PLL1 (3u << 3)
#define ACR_LATENCY_MASK 0xFu

#define OSCILLATOR_HZ 64000000u
#define OSCILLATOR_BY_4 (4u << 4)     /* PLLCKSELR: PLL1 gets 16 MHz */
#define FROM_8_TO_16_MHZ (3u << 2)    /* PLLCFGR: what PLL1 gets */
#define OUTPUT_P (1u << 16)           /* PLLCFGR */
#define HIGHEST_VOLTAGE D3CR_VOS_MASK /* VOS1 of an H743, VOS0 of an H7A3 */
#define APB1_AND_APB2_BY_2 0x440u     /* D2CFGR */
#define APB4_BY_2 0x40u               /* D3CFGR */

static uintptr_t raise_voltage(void) {
  PWR_CR3 = (PWR_CR3 & ~CR3_SUPPLY_MASK) | TDRT_SUPPLY;
  if (!tdrt_wait_for(&PWR_CSR1, CSR1_ACTVOSRDY, CSR1_ACTVOSRDY)) {
    return (uintptr_t)&PWR_CSR1;
  }
  PWR_D3CR = (PWR_D3CR & ~D3CR_VOS_MASK) | HIGHEST_VOLTAGE;
  if (!tdrt_wait_for(&PWR_D3CR, D3CR_VOSRDY, D3CR_VOSRDY)) {
    return (uintptr_t)&PWR_D3CR;
  }
  return 0;
}

static uintptr_t start_pll(void) {
  RCC_PLLCKSELR = OSCILLATOR_BY_4;
  RCC_PLLCFGR = (RCC_PLLCFGR & ~PLLCFGR_PLL1_MASK) | FROM_8_TO_16_MHZ | OUTPUT_P;
  RCC_PLL1DIVR = TDRT_PLL_DIVIDERS;
  RCC_CR |= CR_PLL1ON;
  if (!tdrt_wait_for(&RCC_CR, CR_PLL1RDY, CR_PLL1RDY)) {
    return (uintptr_t)&RCC_CR;
  }
  return 0;
}

/* Flash and buses must be slow enough before the core gets fast. */
static uintptr_t select_pll(void) {
  FLASH_ACR = TDRT_FLASH_WAIT_STATES;
  if (!tdrt_wait_for(&FLASH_ACR, ACR_LATENCY_MASK, TDRT_FLASH_WAIT_STATES & ACR_LATENCY_MASK)) {
    return (uintptr_t)&FLASH_ACR;
  }
  RCC_D1CFGR = TDRT_CLOCK_DIVIDERS;
  RCC_D2CFGR = APB1_AND_APB2_BY_2;
  RCC_D3CFGR = APB4_BY_2;
  RCC_CFGR = (RCC_CFGR & ~CFGR_SW_MASK) | CFGR_SW_PLL1;
  if (!tdrt_wait_for(&RCC_CFGR, CFGR_SWS_MASK, CFGR_SWS_PLL1)) {
    RCC_CFGR &= ~CFGR_SW_MASK;
    RCC_D2CFGR = 0; /* of the UART's bus: all goes on from the clock of the reset */
    RCC_D1CFGR = 0;
    return (uintptr_t)&RCC_CFGR;
  }
  return 0;
}

tdrt_stm32_clock tdrt_stm32_start_clock(void) {
  uintptr_t failed_register = raise_voltage();
  failed_register = failed_register != 0 ? failed_register : start_pll();
  failed_register = failed_register != 0 ? failed_register : select_pll();
  const tdrt_stm32_clock clock = {failed_register == 0 ? TDRT_UART_CLOCK_HZ : OSCILLATOR_HZ,
                                  failed_register};
  return clock;
}
