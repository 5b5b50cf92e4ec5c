/* A 16550 with byte-wide registers. */
#include "tdrt_hal.h"

#define UART_REGISTER(index) (*(volatile uint8_t *)(TDRT_UART_BASE + (index)))
#define UART_DATA UART_REGISTER(0)
#define UART_FIFO_CONTROL UART_REGISTER(2)
#define UART_LINE_CONTROL UART_REGISTER(3)
#define UART_LINE_STATUS UART_REGISTER(5)
#define UART_DIVISOR_LOW UART_REGISTER(0)
#define UART_DIVISOR_HIGH UART_REGISTER(1)
#define LINE_8_BITS 3u
#define LINE_DIVISOR_ACCESS 0x80u
#define FIFO_ON_TRIGGER_14 0xC1u
#define STATUS_RECEIVED 1u
#define STATUS_CAN_SEND 0x20u

void tdrt_uart_init(void) {
  const uint32_t divisor = (TDRT_UART_CLOCK_HZ / 16u + TDRT_BAUD / 2u) / TDRT_BAUD;
  UART_LINE_CONTROL = LINE_DIVISOR_ACCESS | LINE_8_BITS;
  UART_DIVISOR_LOW = (uint8_t)divisor;
  UART_DIVISOR_HIGH = (uint8_t)(divisor >> 8);
  UART_LINE_CONTROL = LINE_8_BITS;
  UART_FIFO_CONTROL = FIFO_ON_TRIGGER_14;
  /* What arrived too early is half a frame. QEMU also stops listening to its side of the line when
   * bytes come before the receiver is on; a read wakes it. */
  (void)UART_DATA;
}

uint8_t tdrt_uart_get(void) {
  while ((UART_LINE_STATUS & STATUS_RECEIVED) == 0) {
  }
  return UART_DATA;
}

void tdrt_uart_put(uint8_t byte) {
  while ((UART_LINE_STATUS & STATUS_CAN_SEND) == 0) {
  }
  UART_DATA = byte;
}
