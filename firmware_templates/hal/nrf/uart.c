/* The UART that the nRF51 has and the nRF52 has kept; the crystal gives its clock. */
#include "tdrt_hal.h"
#include "tdrt_wait.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define CLOCK_HFCLKSTART REGISTER(0x40000000u)
#define CLOCK_HFCLKSTARTED REGISTER(0x40000100u)
#define UART_STARTRX REGISTER(0x40002000u)
#define UART_STARTTX REGISTER(0x40002008u)
#define UART_RXDRDY REGISTER(0x40002108u)
#define UART_TXDRDY REGISTER(0x4000211Cu)
#define UART_ENABLE REGISTER(0x40002500u)
#define UART_PSELTXD REGISTER(0x4000250Cu)
#define UART_PSELRXD REGISTER(0x40002514u)
#define UART_RXD REGISTER(0x40002518u)
#define UART_TXD REGISTER(0x4000251Cu)
#define UART_BAUDRATE REGISTER(0x40002524u)
#define GPIO_OUTSET REGISTER(0x50000508u)
#define GPIO_DIRSET REGISTER(0x50000518u)
#define ENABLE_UART 4u
/* BAUDRATE is the share of the 16 MHz in 2^32, in steps of 2^12. */
#define BAUD_CLOCK_HZ 16000000u
#define BAUD_STEP (1u << 12)

static uint32_t baud_rate(void) {
  const uint32_t share = (uint32_t)(((uint64_t)TDRT_BAUD << 32) / BAUD_CLOCK_HZ);
  return (share + BAUD_STEP / 2u) & ~(BAUD_STEP - 1u);
}

void tdrt_uart_init(void) {
  CLOCK_HFCLKSTART = 1;
  const bool has_crystal = tdrt_wait_for(&CLOCK_HFCLKSTARTED, 1u, 1u);
#ifdef TDRT_FLASH_CACHE_ENABLE
  REGISTER(TDRT_FLASH_CACHE_ENABLE) = 1;
#endif
  GPIO_OUTSET = 1u << TDRT_SEND_PIN; /* the line idles high before the UART drives it */
  GPIO_DIRSET = 1u << TDRT_SEND_PIN;
  UART_PSELTXD = TDRT_SEND_PIN;
  UART_PSELRXD = TDRT_RECEIVE_PIN;
  UART_BAUDRATE = baud_rate();
  UART_ENABLE = ENABLE_UART;
  UART_RXDRDY = 0;
  UART_TXDRDY = 0;
  UART_STARTTX = 1;
  UART_STARTRX = 1;
  if (!has_crystal) {
    tdrt_fault("clock that does not start", 0, (uintptr_t)&CLOCK_HFCLKSTARTED);
  }
}

uint8_t tdrt_uart_get(void) {
  while (UART_RXDRDY == 0) {
  }
  UART_RXDRDY = 0;
  return (uint8_t)UART_RXD;
}

void tdrt_uart_put(uint8_t byte) {
  UART_TXD = byte;
  while (UART_TXDRDY == 0) {
  }
  UART_TXDRDY = 0;
}
