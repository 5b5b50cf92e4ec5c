/* UART0 of a SiFive FE310 on its pins 16 and 17; core and UART run from the 16 MHz crystal. */
#include "tdrt_hal.h"
#include "tdrt_wait.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define PRCI_HFXOSCCFG REGISTER(0x10008004u)
#define PRCI_PLLCFG REGISTER(0x10008008u)
#define GPIO_IOF_ENABLE REGISTER(0x10012038u)
#define GPIO_IOF_SELECT REGISTER(0x1001203Cu)
#define UART_TXDATA REGISTER(0x10013000u)
#define UART_RXDATA REGISTER(0x10013004u)
#define UART_TXCTRL REGISTER(0x10013008u)
#define UART_RXCTRL REGISTER(0x1001300Cu)
#define UART_DIV REGISTER(0x10013018u)
#define CRYSTAL_ENABLE (1u << 30)
#define CRYSTAL_READY (1u << 31)
#define PLL_SELECT (1u << 16)
#define PLL_FROM_CRYSTAL (1u << 17)
#define PLL_BYPASS (1u << 18)
#define UART_PINS (3u << 16)
#define DATA_NOT_NOW (1u << 31) /* sending: full; receiving: empty */
#define CTRL_ENABLE 1u

void tdrt_uart_init(void) {
  PRCI_HFXOSCCFG = CRYSTAL_ENABLE;
  const bool has_crystal = tdrt_wait_for(&PRCI_HFXOSCCFG, CRYSTAL_READY, CRYSTAL_READY);
  if (has_crystal) {
    PRCI_PLLCFG = PLL_BYPASS | PLL_FROM_CRYSTAL;
    PRCI_PLLCFG = PLL_BYPASS | PLL_FROM_CRYSTAL | PLL_SELECT;
  }
  GPIO_IOF_SELECT &= ~UART_PINS;
  GPIO_IOF_ENABLE |= UART_PINS;
  UART_DIV = (TDRT_UART_CLOCK_HZ + TDRT_BAUD / 2u) / TDRT_BAUD - 1u;
  UART_TXCTRL = CTRL_ENABLE;
  UART_RXCTRL = CTRL_ENABLE;
  (void)UART_RXDATA; /* what arrived too early is half a frame */
  if (!has_crystal) {
    tdrt_fault("clock that does not start", 0, (uintptr_t)&PRCI_HFXOSCCFG);
  }
}

uint8_t tdrt_uart_get(void) {
  uint32_t data;
  do {
    data = UART_RXDATA;
  } while ((data & DATA_NOT_NOW) != 0);
  return (uint8_t)data;
}

void tdrt_uart_put(uint8_t byte) {
  while ((UART_TXDATA & DATA_NOT_NOW) != 0) {
  }
  UART_TXDATA = byte;
}
