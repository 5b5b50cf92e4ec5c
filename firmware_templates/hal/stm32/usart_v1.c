/* USARTs of the STM32 F1, F2 and F4 families. */
#include "stm32.h"
#include "tdrt_hal.h"

#define USART_SR TDRT_REGISTER(TDRT_UART_BASE, 0x00u)
#define USART_DR TDRT_REGISTER(TDRT_UART_BASE, 0x04u)
#define USART_BRR TDRT_REGISTER(TDRT_UART_BASE, 0x08u)
#define USART_CR1 TDRT_REGISTER(TDRT_UART_BASE, 0x0Cu)
#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define CR1_UE (1u << 13)

void tdrt_uart_init(void) {
  const tdrt_stm32_clock clock = tdrt_stm32_start_clock();
  tdrt_stm32_connect_uart();
  USART_BRR = (clock.uart_hz + TDRT_BAUD / 2u) / TDRT_BAUD;
  USART_CR1 = CR1_UE | CR1_TE | CR1_RE;
  /* What arrived too early is half a frame. QEMU also stops listening to its side of the line when
   * bytes come before the receiver is on; a read wakes it. */
  (void)USART_DR;
  tdrt_stm32_check_clock(clock);
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
