/* STM32F0, F1 and F3: the 8 MHz oscillator, whole or half, multiplied. CR and CFGR: RM0091, 6.4;
 * RM0008, 7.3; RM0316, 9.4. ACR: RM0091, 3.5; RM0008, 3.3.3; RM0316, 4.5. */
#include "pll.h"

tdrt_stm32_clock tdrt_stm32_start_clock(void) {
  const tdrt_stm32_pll pll = {
      .rcc_cr = &TDRT_REGISTER(0x40021000u, 0x0u),
      .rcc_pll = &TDRT_REGISTER(0x40021000u, 0x4u), /* the multiplier stands in CFGR */
      .rcc_cfgr = &TDRT_REGISTER(0x40021000u, 0x4u),
      .flash_acr = &TDRT_REGISTER(0x40022000u, 0x0u),
      .oscillator_on = 1u << 0,
      .oscillator_ready = 1u << 1,
      .flash_buffers = 1u << 4,
      .select_pll = 2u,
      .selected_shift = 2u,
  };
  return tdrt_stm32_start_pll(&pll);
}
