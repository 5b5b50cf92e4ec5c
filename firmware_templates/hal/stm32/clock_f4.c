/* STM32F2, F4 and F7: the 16 MHz oscillator. RM0390 and RM0385, chapters RCC and FLASH. */
#include "pll.h"

tdrt_stm32_clock tdrt_stm32_start_clock(void) {
  const tdrt_stm32_pll pll = {
      .rcc_cr = &TDRT_REGISTER(0x40023800u, 0x0u),
      .rcc_pll = &TDRT_REGISTER(0x40023800u, 0x4u),
      .rcc_cfgr = &TDRT_REGISTER(0x40023800u, 0x8u),
      .flash_acr = &TDRT_REGISTER(0x40023C00u, 0x0u),
      .oscillator_on = 1u << 0,
      .oscillator_ready = 1u << 1,
      .flash_buffers = TDRT_FLASH_BUFFERS, /* not the same bits on an F4 and an F7 */
      .select_pll = 2u,
      .selected_shift = 2u,
  };
  return tdrt_stm32_start_pll(&pll);
}
