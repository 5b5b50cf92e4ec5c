/* A SERCOM of the SAM D families as a UART. The board file says which one, on which of its four
 * pads and on which pins of one port group, all of the same function. */
#include "sam.h"
#include "tdrt_hal.h"
#include "tdrt_wait.h"

#define REGISTER_8(base, offset) (*(volatile uint8_t *)((base) + (offset)))
#define REGISTER_16(base, offset) (*(volatile uint16_t *)((base) + (offset)))
#define REGISTER_32(base, offset) (*(volatile uint32_t *)((base) + (offset)))
#define USART_CTRLA REGISTER_32(TDRT_UART_BASE, 0x00u)
#define USART_CTRLB REGISTER_32(TDRT_UART_BASE, 0x04u)
#define USART_BAUD REGISTER_16(TDRT_UART_BASE, 0x0Cu)
#define USART_INTFLAG REGISTER_8(TDRT_UART_BASE, 0x18u)
#define USART_SYNCBUSY REGISTER_32(TDRT_UART_BASE, 0x1Cu)
#define USART_DATA REGISTER_16(TDRT_UART_BASE, 0x28u)
#define PORT_PMUX(pin) REGISTER_8(TDRT_PORT_BASE, 0x30u + (pin) / 2u)
#define PORT_PINCFG(pin) REGISTER_8(TDRT_PORT_BASE, 0x40u + (pin))

#define CTRLA_ENABLE (1u << 1)
#define CTRLA_OWN_CLOCK (1u << 2)
#define CTRLA_SEND_PAD_SHIFT 16u
#define CTRLA_RECEIVE_PAD_SHIFT 20u
#define CTRLA_LEAST_BIT_FIRST (1u << 30)
#define CTRLB_SEND_RECEIVE (3u << 16)
#define INTFLAG_SEND_EMPTY (1u << 0)
#define INTFLAG_RECEIVED (1u << 2)
#define PINCFG_PERIPHERAL (1u << 0)

static void connect_pin(uint32_t pin) {
  const uint32_t shift = pin % 2u * 4u;
  PORT_PMUX(pin) =
      (uint8_t)((PORT_PMUX(pin) & ~(0xFu << shift)) | ((uint32_t)TDRT_PIN_FUNCTION << shift));
  PORT_PINCFG(pin) = PINCFG_PERIPHERAL;
}

/* The share of the clock that 16 samples a bit leave over, in 65536ths. */
static uint16_t baud_register(uint32_t uart_hz) {
  const uint64_t sampled = ((uint64_t)TDRT_BAUD * 16u) << 16;
  return (uint16_t)(65536u - (uint32_t)((sampled + uart_hz / 2u) / uart_hz));
}

void tdrt_uart_init(void) {
  const tdrt_sam_clock clock = tdrt_sam_start_clock();
  uintptr_t failed_register = clock.failed_register;
  connect_pin(TDRT_SEND_PIN);
  connect_pin(TDRT_RECEIVE_PIN);
  /* A bootloader may have left the SERCOM on. */
  USART_CTRLA &= ~CTRLA_ENABLE;
  (void)tdrt_wait_for(&USART_SYNCBUSY, ~0u, 0);
  USART_CTRLA = CTRLA_OWN_CLOCK | CTRLA_LEAST_BIT_FIRST |
                ((uint32_t)TDRT_SEND_PAD / 2u << CTRLA_SEND_PAD_SHIFT) |
                ((uint32_t)TDRT_RECEIVE_PAD << CTRLA_RECEIVE_PAD_SHIFT);
  USART_BAUD = baud_register(clock.uart_hz);
  USART_CTRLB = CTRLB_SEND_RECEIVE;
  (void)tdrt_wait_for(&USART_SYNCBUSY, ~0u, 0);
  USART_CTRLA |= CTRLA_ENABLE;
  if (!tdrt_wait_for(&USART_SYNCBUSY, ~0u, 0)) {
    failed_register = (uintptr_t)&USART_SYNCBUSY;
  }
  (void)USART_DATA; /* what arrived too early is half a frame */
  if (failed_register != 0) {
    tdrt_fault("clock that does not start", 0, failed_register);
  }
}

uint8_t tdrt_uart_get(void) {
  while ((USART_INTFLAG & INTFLAG_RECEIVED) == 0) {
  }
  return (uint8_t)USART_DATA;
}

void tdrt_uart_put(uint8_t byte) {
  while ((USART_INTFLAG & INTFLAG_SEND_EMPTY) == 0) {
  }
  USART_DATA = byte;
}
