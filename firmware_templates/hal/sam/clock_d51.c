/* A SAM D51 on its 48 MHz oscillator, as after a reset; a bootloader may have left another clock.
 */
#include "sam.h"
#include "tdrt_build.h"
#include "tdrt_wait.h"

#define REGISTER_32(address) (*(volatile uint32_t *)(address))
#define GCLK_SYNCBUSY REGISTER_32(0x40001C04u)
#define GCLK_GENCTRL_0 REGISTER_32(0x40001C20u)
#define GCLK_PCHCTRL(id) REGISTER_32(0x40001C80u + 4u * (id))
#define GENERATOR_FROM_DFLL 0x106u /* enabled, source 6 */
#define SYNCBUSY_GENERATOR_0 (1u << 2)
#define CHANNEL_FROM_GENERATOR_0 (1u << 6)

uintptr_t tdrt_sam_start_clock(void) {
  GCLK_GENCTRL_0 = GENERATOR_FROM_DFLL;
  if (!tdrt_wait_for(&GCLK_SYNCBUSY, SYNCBUSY_GENERATOR_0, 0)) {
    return (uintptr_t)&GCLK_SYNCBUSY;
  }
  REGISTER_32(TDRT_USART_ENABLE) |= TDRT_USART_ENABLE_BITS;
  volatile uint32_t *channel = &GCLK_PCHCTRL(TDRT_USART_CLOCK_ID);
  *channel = 0; /* its source can change only while it is off */
  (void)tdrt_wait_for(channel, CHANNEL_FROM_GENERATOR_0, 0);
  *channel = CHANNEL_FROM_GENERATOR_0;
  return tdrt_wait_for(channel, CHANNEL_FROM_GENERATOR_0, CHANNEL_FROM_GENERATOR_0)
             ? 0
             : (uintptr_t)channel;
}
