/* What the STM32 families have in common. The addresses, from the reference manual of the family,
 * are in the board file. */
#ifndef TDRT_STM32_H
#define TDRT_STM32_H

#include <stdint.h>

#include "tdrt_build.h"
#include "tdrt_hal.h"

#define TDRT_REGISTER(base, offset) (*(volatile uint32_t *)((base) + (offset)))

/* The clock that reaches the UART, and what kept the promised one from starting: the register that
 * was waited for, or 0. */
typedef struct {
  uint32_t uart_hz;
  uintptr_t failed_register;
} tdrt_stm32_clock;

/* Starts the clock that the board file promises. When it does not start, all goes on from the clock
 * of the reset, so that this can be told. */
tdrt_stm32_clock tdrt_stm32_start_clock(void);

static inline void tdrt_stm32_check_clock(tdrt_stm32_clock clock) {
  if (clock.failed_register != 0) {
    tdrt_fault("clock that does not start", 0, clock.failed_register);
  }
}

/* Hands two pins of the port TDRT_PORT_BASE to the UART. */
void tdrt_stm32_connect_pins(uint32_t send_pin, uint32_t receive_pin);

static inline void tdrt_stm32_switch_on(uintptr_t enable_register, uint32_t bits) {
  TDRT_REGISTER(enable_register, 0) |= bits;
  (void)TDRT_REGISTER(enable_register, 0); /* the clock needs a moment before the first access */
}

/* Lets clock and pins reach the UART. */
static inline void tdrt_stm32_connect_uart(void) {
  tdrt_stm32_switch_on(TDRT_PORT_ENABLE, TDRT_PORT_ENABLE_BITS);
  tdrt_stm32_switch_on(TDRT_USART_ENABLE, TDRT_USART_ENABLE_BITS);
#ifdef TDRT_SUPPLY_ENABLE
  /* Port G of an STM32L4+ is dead until its supply is said to be there (PWR_CR2.IOSV). */
  tdrt_stm32_switch_on(TDRT_POWER_ENABLE, TDRT_POWER_ENABLE_BITS);
  tdrt_stm32_switch_on(TDRT_SUPPLY_ENABLE, TDRT_SUPPLY_ENABLE_BITS);
#endif
  tdrt_stm32_connect_pins(TDRT_SEND_PIN, TDRT_RECEIVE_PIN);
}

#endif
