/* USARTs and LPUARTs of the STM32 F0, F3, F7, G, H, L and U families. */
#include "stm32.h"
#include "tdrt_hal.h"

#define USART_CR1 TDRT_REGISTER(TDRT_UART_BASE, 0x00u)
#define USART_CR3 TDRT_REGISTER(TDRT_UART_BASE, 0x08u)
#define USART_BRR TDRT_REGISTER(TDRT_UART_BASE, 0x0Cu)
#define USART_ISR TDRT_REGISTER(TDRT_UART_BASE, 0x1Cu)
#define USART_RDR TDRT_REGISTER(TDRT_UART_BASE, 0x24u)
#define USART_TDR TDRT_REGISTER(TDRT_UART_BASE, 0x28u)
#define ISR_RXNE (1u << 5)
#define ISR_TXE (1u << 7)
#define CR1_UE (1u << 0)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
/* A lost byte shows in the frame's CRC; a pending overrun flag would only stop the receiver. */
#define CR3_OVRDIS (1u << 12)

/* An LPUART divides its clock in 256ths. */
#ifndef TDRT_UART_FRACTIONS
#define TDRT_UART_FRACTIONS 1u
#endif

void tdrt_uart_init(void) {
  const tdrt_stm32_clock clock = tdrt_stm32_start_clock();
  tdrt_stm32_connect_uart();
  USART_CR1 = 0; /* CR3 and BRR can be written only while UE is off */
  USART_CR3 = CR3_OVRDIS;
  USART_BRR =
      (uint32_t)(((uint64_t)clock.uart_hz * TDRT_UART_FRACTIONS + TDRT_BAUD / 2u) / TDRT_BAUD);
  USART_CR1 = CR1_UE | CR1_TE | CR1_RE;
  (void)USART_RDR; /* what arrived too early is half a frame */
  tdrt_stm32_check_clock(clock);
}

uint8_t tdrt_uart_get(void) {
  while ((USART_ISR & ISR_RXNE) == 0) {
  }
  return (uint8_t)USART_RDR;
}

void tdrt_uart_put(uint8_t byte) {
  while ((USART_ISR & ISR_TXE) == 0) {
  }
  USART_TDR = byte;
}
