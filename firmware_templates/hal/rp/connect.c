/* UART0 of an RP2040 or RP2350 on GPIO0 and GPIO1: the crystal's 12 MHz times 125 in the PLL,
 * divided for core and UART as the board file says. Addresses that differ are there. */
#include "pl011.h"
#include "tdrt_build.h"
#include "tdrt_wait.h"

#define REGISTER(base, offset) (*(volatile uint32_t *)((base) + (offset)))
#define RESETS_RESET REGISTER(TDRT_RESETS_BASE, 0x0u)
#define RESETS_DONE REGISTER(TDRT_RESETS_BASE, 0x8u)
#define XOSC_CTRL REGISTER(TDRT_XOSC_BASE, 0x0u)
#define XOSC_STATUS REGISTER(TDRT_XOSC_BASE, 0x4u)
#define XOSC_STARTUP REGISTER(TDRT_XOSC_BASE, 0xCu)
#define CLK_REF_CTRL REGISTER(TDRT_CLOCKS_BASE, 0x30u)
#define CLK_REF_SELECTED REGISTER(TDRT_CLOCKS_BASE, 0x38u)
#define CLK_SYS_CTRL REGISTER(TDRT_CLOCKS_BASE, 0x3Cu)
#define CLK_SYS_SELECTED REGISTER(TDRT_CLOCKS_BASE, 0x44u)
#define CLK_PERI_CTRL REGISTER(TDRT_CLOCKS_BASE, 0x48u)
#define PLL_CS REGISTER(TDRT_PLL_BASE, 0x0u)
#define PLL_PWR REGISTER(TDRT_PLL_BASE, 0x4u)
#define PLL_FBDIV REGISTER(TDRT_PLL_BASE, 0x8u)
#define PLL_PRIM REGISTER(TDRT_PLL_BASE, 0xCu)
#define PAD(gpio) REGISTER(TDRT_PADS_BASE, 4u + 4u * (gpio))
#define GPIO_CTRL(gpio) REGISTER(TDRT_GPIO_BASE, 4u + 8u * (gpio))

#define XOSC_ENABLE_1_15_MHZ 0xFABAA0u
#define XOSC_STARTUP_1_MS 47u
#define XOSC_STABLE (1u << 31)
#define CLK_REF_FROM_XOSC 2u
#define CLK_SYS_FROM_AUX 1u /* which is the PLL after a reset */
#define CLK_PERI_ENABLE (1u << 11)
#define PLL_LOCKED (1u << 31)
#define PLL_TIMES 125u
#define PWR_ON 0x4u /* all parts but the sigma-delta modulator, which the PLL doesn't have */
#define PWR_ON_BUT_DIVIDERS 0xCu
/* Input on, 4 mA, Schmitt trigger; and no isolation, which an RP2350's pads have after a reset. */
#define PAD_PULL_DOWN 0x56u
#define PAD_PULL_UP 0x5Au
#define FUNCTION_UART 2u

static bool reset_peripherals(void) {
  RESETS_RESET |= TDRT_RESETS_BITS;
  RESETS_RESET &= ~(uint32_t)TDRT_RESETS_BITS;
  return tdrt_wait_for(&RESETS_DONE, TDRT_RESETS_BITS, TDRT_RESETS_BITS);
}

static uintptr_t start_crystal(void) {
  XOSC_STARTUP = XOSC_STARTUP_1_MS;
  XOSC_CTRL = XOSC_ENABLE_1_15_MHZ;
  if (!tdrt_wait_for(&XOSC_STATUS, XOSC_STABLE, XOSC_STABLE)) {
    return (uintptr_t)&XOSC_STATUS;
  }
  CLK_REF_CTRL = CLK_REF_FROM_XOSC;
  if (!tdrt_wait_for(&CLK_REF_SELECTED, 1u << CLK_REF_FROM_XOSC, 1u << CLK_REF_FROM_XOSC)) {
    return (uintptr_t)&CLK_REF_SELECTED;
  }
  return 0;
}

static uintptr_t start_pll(void) {
  PLL_CS = 1; /* the crystal undivided */
  PLL_FBDIV = PLL_TIMES;
  PLL_PWR = PWR_ON_BUT_DIVIDERS;
  if (!tdrt_wait_for(&PLL_CS, PLL_LOCKED, PLL_LOCKED)) {
    return (uintptr_t)&PLL_CS;
  }
  PLL_PRIM = TDRT_PLL_DIVIDERS;
  PLL_PWR = PWR_ON;
  CLK_SYS_CTRL = CLK_SYS_FROM_AUX;
  if (!tdrt_wait_for(&CLK_SYS_SELECTED, 1u << CLK_SYS_FROM_AUX, 1u << CLK_SYS_FROM_AUX)) {
    return (uintptr_t)&CLK_SYS_SELECTED;
  }
  return 0;
}

uintptr_t tdrt_pl011_connect(void) {
  /* What ran before may have left the core on the PLL that is about to be reset. */
  CLK_SYS_CTRL &= ~CLK_SYS_FROM_AUX;
  uintptr_t failed_register = tdrt_wait_for(&CLK_SYS_SELECTED, 1u, 1u) ? 0 : TDRT_CLOCKS_BASE;
  CLK_SYS_CTRL = 0;
  if (!reset_peripherals()) {
    return (uintptr_t)&RESETS_DONE;
  }
  failed_register = failed_register != 0 ? failed_register : start_crystal();
  failed_register = failed_register != 0 ? failed_register : start_pll();
  CLK_PERI_CTRL = CLK_PERI_ENABLE;
  PAD(0u) = PAD_PULL_DOWN;
  PAD(1u) = PAD_PULL_UP;
  GPIO_CTRL(0u) = FUNCTION_UART;
  GPIO_CTRL(1u) = FUNCTION_UART;
  return failed_register;
}
