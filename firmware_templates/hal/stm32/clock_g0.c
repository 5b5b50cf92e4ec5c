/* STM32G0: the 16 MHz oscillator. RM0444, 5.4 and 3.7.1. */
#include "pll.h"

tdrt_stm32_clock tdrt_stm32_start_clock(void) {
  const tdrt_stm32_pll pll = {
      .rcc_cr = &TDRT_REGISTER(0x40021000u, 0x0u),
      .rcc_pll = &TDRT_REGISTER(0x40021000u, 0xCu),
      .rcc_cfgr = &TDRT_REGISTER(0x40021000u, 0x8u),
      .flash_acr = &TDRT_REGISTER(0x40022000u, 0x0u),
      .oscillator_on = 1u << 8,
      .oscillator_ready = 1u << 10,
      .flash_buffers = 3u << 8,
      .select_pll = 2u,
      .selected_shift = 3u,
  };
  return tdrt_stm32_start_pll(&pll);
}
