/* Arm's PL011. */
#include "pl011.h"
#include "tdrt_hal.h"

#define UART_REGISTER(offset) (*(volatile uint32_t *)(TDRT_UART_BASE + (offset)))
#define UART_DR UART_REGISTER(0x00u)
#define UART_FR UART_REGISTER(0x18u)
#define UART_IBRD UART_REGISTER(0x24u)
#define UART_FBRD UART_REGISTER(0x28u)
#define UART_LCRH UART_REGISTER(0x2Cu)
#define UART_CR UART_REGISTER(0x30u)
#define FR_RECEIVE_EMPTY (1u << 4)
#define FR_SEND_FULL (1u << 5)
#define LCRH_8_BITS_FIFO 0x70u
#define CR_ENABLE_BOTH_WAYS 0x301u

void tdrt_uart_init(void) {
  const uintptr_t failed_register = tdrt_pl011_connect();
  /* In 64ths of a clock of 16 samples a bit. */
  const uint32_t divider = (TDRT_UART_CLOCK_HZ * 4u + TDRT_BAUD / 2u) / TDRT_BAUD;
  UART_CR = 0;
  UART_IBRD = divider / 64u;
  UART_FBRD = divider % 64u;
  UART_LCRH = LCRH_8_BITS_FIFO; /* this write also takes the divider over */
  UART_CR = CR_ENABLE_BOTH_WAYS;
  /* What arrived too early is half a frame. QEMU also stops listening to its side of the line when
   * bytes come before the receiver is on; a read wakes it. */
  (void)UART_DR;
  if (failed_register != 0) {
    tdrt_fault("clock that does not start", 0, failed_register);
  }
}

uint8_t tdrt_uart_get(void) {
  while ((UART_FR & FR_RECEIVE_EMPTY) != 0) {
  }
  return (uint8_t)UART_DR;
}

void tdrt_uart_put(uint8_t byte) {
  while ((UART_FR & FR_SEND_FULL) != 0) {
  }
  UART_DR = byte;
}
