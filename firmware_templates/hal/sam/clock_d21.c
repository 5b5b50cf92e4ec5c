/* A SAM D21 on its 48 MHz DFLL in open loop, with the factory's calibration: 47 to 49 MHz. A
 * bootloader may have left any other clock, so the core goes to the 8 MHz oscillator first. SAM D21
 * datasheet: chapters GCLK, PM, SYSCTRL (DFLL48M, open-loop operation), NVMCTRL (CTRLB), "NVM
 * software calibration area mapping", "NVM characteristics" (wait states); erratum 9905: ONDEMAND
 * goes off before anything else of the DFLL is written. */
#include "sam.h"
#include "tdrt_build.h"
#include "tdrt_wait.h"

#define REGISTER_8(address) (*(volatile uint8_t *)(address))
#define REGISTER_16(address) (*(volatile uint16_t *)(address))
#define REGISTER_32(address) (*(volatile uint32_t *)(address))
#define PM_APBCMASK REGISTER_32(0x40000420u)
#define SYSCTRL_PCLKSR REGISTER_32(0x4000080Cu)
#define SYSCTRL_OSC8M REGISTER_32(0x40000820u)
#define SYSCTRL_DFLLCTRL REGISTER_16(0x40000824u)
#define SYSCTRL_DFLLVAL REGISTER_32(0x40000828u)
#define GCLK_STATUS REGISTER_8(0x40000C01u)
#define GCLK_CLKCTRL REGISTER_16(0x40000C02u)
#define GCLK_GENCTRL REGISTER_32(0x40000C04u)
#define GCLK_GENDIV REGISTER_32(0x40000C08u)
#define NVMCTRL_CTRLB REGISTER_32(0x41004004u)
#define CALIBRATION REGISTER_32(0x00806024u)
#define OSC8M_HZ 8000000u
#define OSC8M_ENABLE (1u << 1)
#define OSC8M_ON_DEMAND (1u << 7)
#define OSC8M_DIVIDER_MASK (3u << 8)
#define DFLLCTRL_ENABLE (1u << 1) /* and no more: open loop, not on demand */
#define DFLLVAL_COARSE_SHIFT 10u
#define DFLLVAL_FINE_MIDDLE 512u
#define PCLKSR_DFLLRDY (1u << 4)
#define CALIBRATION_COARSE_SHIFT 26u
#define CTRLB_RWS_MASK (0xFu << 1)
#define CTRLB_RWS_1 (1u << 1)
#define GENERATOR_0_FROM_OSC8M 0x00010600u /* enabled, source 6, generator 0 */
#define GENERATOR_0_FROM_DFLL 0x00010700u  /* source 7 */
#define CLKCTRL_FROM_GENERATOR_0 (1u << 14)
#define STATUS_BUSY (1u << 7)
#define BUSY_READS 1000000u

static uintptr_t wait_while_busy(void) {
  for (uint32_t reads = 0; reads < BUSY_READS; ++reads) {
    if ((GCLK_STATUS & STATUS_BUSY) == 0) {
      return 0;
    }
  }
  return (uintptr_t)&GCLK_STATUS;
}

static uintptr_t run_generator_0(uint32_t control) {
  GCLK_GENDIV = 0; /* generator 0, undivided */
  GCLK_GENCTRL = control;
  return wait_while_busy();
}

/* What is written to the DFLL arrives when it is ready again. */
static uintptr_t wait_for_dfll(void) {
  return tdrt_wait_for(&SYSCTRL_PCLKSR, PCLKSR_DFLLRDY, PCLKSR_DFLLRDY)
             ? 0
             : (uintptr_t)&SYSCTRL_PCLKSR;
}

static uintptr_t start_dfll(void) {
  SYSCTRL_DFLLCTRL = DFLLCTRL_ENABLE;
  if (wait_for_dfll() != 0) {
    return (uintptr_t)&SYSCTRL_PCLKSR;
  }
  SYSCTRL_DFLLVAL =
      (CALIBRATION >> CALIBRATION_COARSE_SHIFT << DFLLVAL_COARSE_SHIFT) | DFLLVAL_FINE_MIDDLE;
  return wait_for_dfll();
}

tdrt_sam_clock tdrt_sam_start_clock(void) {
  SYSCTRL_OSC8M = (SYSCTRL_OSC8M & ~(OSC8M_DIVIDER_MASK | OSC8M_ON_DEMAND)) | OSC8M_ENABLE;
  tdrt_sam_clock clock = {OSC8M_HZ, run_generator_0(GENERATOR_0_FROM_OSC8M)};
  if (clock.failed_register == 0) {
    clock.failed_register = start_dfll();
  }
  if (clock.failed_register == 0) {
    /* The flash must be slow enough before the core gets fast. */
    NVMCTRL_CTRLB = (NVMCTRL_CTRLB & ~CTRLB_RWS_MASK) | CTRLB_RWS_1;
    clock.uart_hz = TDRT_UART_CLOCK_HZ;
    clock.failed_register = run_generator_0(GENERATOR_0_FROM_DFLL);
  }
  PM_APBCMASK |= TDRT_USART_ENABLE_BITS;
  GCLK_CLKCTRL = (uint16_t)(CLKCTRL_FROM_GENERATOR_0 | TDRT_USART_CLOCK_ID);
  const uintptr_t not_connected = wait_while_busy();
  clock.failed_register = clock.failed_register != 0 ? clock.failed_register : not_connected;
  return clock;
}
