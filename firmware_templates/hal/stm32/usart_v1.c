/* USART1 of the STM32 F1, F2 and F4 families, fed by the 8 or 16 MHz internal oscillator that
 * these MCUs start with. The PLL stays off: QEMU never reports it ready, and the serial line does
 * not need it. */
#include "tdrt_hal.h"

#define REGISTER(base, offset) (*(volatile uint32_t *)((base) + (offset)))
#define USART_SR REGISTER(TDRT_UART_BASE, 0x00u)
#define USART_DR REGISTER(TDRT_UART_BASE, 0x04u)
#define USART_BRR REGISTER(TDRT_UART_BASE, 0x08u)
#define USART_CR1 REGISTER(TDRT_UART_BASE, 0x0Cu)
#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define CR1_UE (1u << 13)

/* Each in the board file: a clock enable register and its bits, for the port and the USART; and
 * the port's mode registers, of which a field is cleared and set. */
void tdrt_uart_init(void) {
  REGISTER(TDRT_PORT_ENABLE, 0) |= TDRT_PORT_ENABLE_BITS;
  REGISTER(TDRT_USART_ENABLE, 0) |= TDRT_USART_ENABLE_BITS;
  REGISTER(TDRT_PIN_MODE, 0) =
      (REGISTER(TDRT_PIN_MODE, 0) & ~(uint32_t)TDRT_PIN_MODE_MASK) | TDRT_PIN_MODE_BITS;
  REGISTER(TDRT_PIN_FUNCTION, 0) =
      (REGISTER(TDRT_PIN_FUNCTION, 0) & ~(uint32_t)TDRT_PIN_FUNCTION_MASK) | TDRT_PIN_FUNCTION_BITS;
  USART_BRR = (TDRT_UART_CLOCK_HZ + TDRT_BAUD / 2u) / TDRT_BAUD;
  USART_CR1 = CR1_UE | CR1_TE | CR1_RE;
  /* What arrived too early is half a frame. QEMU also stops listening to its side of the line when
   * bytes come before the receiver is on; a read wakes it. */
  (void)USART_DR;
}

uint8_t tdrt_uart_get(void) {
  while ((USART_SR & SR_RXNE) == 0) {
  }
  return (uint8_t)USART_DR;
}

void tdrt_uart_put(uint8_t byte) {
  while ((USART_SR & SR_TXE) == 0) {
  }
  USART_DR = byte;
}
