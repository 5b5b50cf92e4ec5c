/* The internal oscillator that the MCU starts with, and no wait states of the flash. */
#include "stm32.h"

tdrt_stm32_clock tdrt_stm32_start_clock(void) {
  const tdrt_stm32_clock clock = {TDRT_UART_CLOCK_HZ, 0};
  return clock;
}
