/* The UART of Arm's Cortex-M System Design Kit, as on the MPS2 and MPS3 boards. */
#include "tdrt_hal.h"

#define UART_DATA (*(volatile uint32_t *)(TDRT_UART_BASE + 0x00u))
#define UART_STATE (*(volatile uint32_t *)(TDRT_UART_BASE + 0x04u))
#define UART_CTRL (*(volatile uint32_t *)(TDRT_UART_BASE + 0x08u))
#define UART_BAUDDIV (*(volatile uint32_t *)(TDRT_UART_BASE + 0x10u))
#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define BAUDDIV_LOWEST 16u

void tdrt_uart_init(void) {
  const uint32_t divider = TDRT_UART_CLOCK_HZ / TDRT_BAUD;
  UART_BAUDDIV = divider > BAUDDIV_LOWEST ? divider : BAUDDIV_LOWEST;
  UART_CTRL = 3; /* send and receive */
  /* What arrived too early is half a frame. QEMU also stops listening to its side of the line when
   * bytes come before the receiver is on; a read wakes it. */
  (void)UART_DATA;
}

uint8_t tdrt_uart_get(void) {
  while ((UART_STATE & STATE_RX_FULL) == 0) {
  }
  return (uint8_t)UART_DATA;
}

void tdrt_uart_put(uint8_t byte) {
  while ((UART_STATE & STATE_TX_FULL) != 0) {
  }
  UART_DATA = byte;
}
