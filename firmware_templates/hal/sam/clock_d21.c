/* A SAM D21 on its 8 MHz oscillator, which after a reset is divided by 8; a bootloader may have
 * left another clock. */
#include "sam.h"
#include "tdrt_build.h"

#define REGISTER_8(address) (*(volatile uint8_t *)(address))
#define REGISTER_16(address) (*(volatile uint16_t *)(address))
#define REGISTER_32(address) (*(volatile uint32_t *)(address))
#define PM_APBCMASK REGISTER_32(0x40000420u)
#define SYSCTRL_OSC8M REGISTER_32(0x40000820u)
#define GCLK_STATUS REGISTER_8(0x40000C01u)
#define GCLK_CLKCTRL REGISTER_16(0x40000C02u)
#define GCLK_GENCTRL REGISTER_32(0x40000C04u)
#define GCLK_GENDIV REGISTER_32(0x40000C08u)
#define OSC8M_ENABLE (1u << 1)
#define OSC8M_ON_DEMAND (1u << 7)
#define OSC8M_DIVIDER_MASK (3u << 8)
#define GENERATOR_0_FROM_OSC8M 0x00010600u /* enabled, source 6, generator 0 */
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

uintptr_t tdrt_sam_start_clock(void) {
  SYSCTRL_OSC8M = (SYSCTRL_OSC8M & ~(OSC8M_DIVIDER_MASK | OSC8M_ON_DEMAND)) | OSC8M_ENABLE;
  GCLK_GENDIV = 0; /* generator 0, undivided */
  GCLK_GENCTRL = GENERATOR_0_FROM_OSC8M;
  const uintptr_t failed_register = wait_while_busy();
  PM_APBCMASK |= TDRT_USART_ENABLE_BITS;
  GCLK_CLKCTRL = (uint16_t)(CLKCTRL_FROM_GENERATOR_0 | TDRT_USART_CLOCK_ID);
  return failed_register != 0 ? failed_register : wait_while_busy();
}
