/* The UART of Arm's Cortex-M System Design Kit, as on the MPS2 and MPS3 boards. */
#include "tdrt_hal.h"

#define UART_DATA (*(volatile uint32_t *)(TDRT_UART_BASE + 0x00u))
#define UART_STATE (*(volatile uint32_t *)(TDRT_UART_BASE + 0x04u))
#define UART_CTRL (*(volatile uint32_t *)(TDRT_UART_BASE + 0x08u))
#define UART_INTCLEAR (*(volatile uint32_t *)(TDRT_UART_BASE + 0x0Cu))
#define UART_BAUDDIV (*(volatile uint32_t *)(TDRT_UART_BASE + 0x10u))
#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CTRL_SEND 1u
#define CTRL_RECEIVE 2u
#define CTRL_RECEIVE_INTERRUPT 8u
#define INTCLEAR_RECEIVE 2u
#define BAUDDIV_LOWEST 16u

#define NVIC_WORD (TDRT_UART_RX_IRQ / 32u * 4u)
#define NVIC_BIT (1u << TDRT_UART_RX_IRQ % 32u)
#define NVIC_ISER (*(volatile uint32_t *)(0xE000E100u + NVIC_WORD))
#define NVIC_ICER (*(volatile uint32_t *)(0xE000E180u + NVIC_WORD))
#define NVIC_ICPR (*(volatile uint32_t *)(0xE000E280u + NVIC_WORD))

void tdrt_uart_init(void) {
  const uint32_t divider = TDRT_UART_CLOCK_HZ / TDRT_BAUD;
  UART_BAUDDIV = divider > BAUDDIV_LOWEST ? divider : BAUDDIV_LOWEST;
  UART_CTRL = CTRL_SEND | CTRL_RECEIVE | CTRL_RECEIVE_INTERRUPT;
  /* What arrived too early is half a frame. QEMU also stops listening to its side of the line when
   * bytes come before the receiver is on; a read wakes it. */
  (void)UART_DATA;
}

/* An emulator then leaves its host to others. The masked interrupt wakes and is never taken. */
static void sleep_until_received(void) {
  __asm volatile("cpsid i" ::: "memory");
  NVIC_ISER = NVIC_BIT;
  if ((UART_STATE & STATE_RX_FULL) == 0) {
    __asm volatile("dsb\n\twfi" ::: "memory");
  }
  UART_INTCLEAR = INTCLEAR_RECEIVE;
  NVIC_ICER = NVIC_BIT;
  NVIC_ICPR = NVIC_BIT;
  __asm volatile("cpsie i" ::: "memory");
}

uint8_t tdrt_uart_get(void) {
  while ((UART_STATE & STATE_RX_FULL) == 0) {
    sleep_until_received();
  }
  return (uint8_t)UART_DATA;
}

void tdrt_uart_put(uint8_t byte) {
  while ((UART_STATE & STATE_TX_FULL) != 0) {
  }
  UART_DATA = byte;
}
