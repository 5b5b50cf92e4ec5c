/* A SAM D51 at 120 MHz: its 48 MHz DFLL, divided by 24, times 60 in DPLL0; the SERCOM, which takes
 * at most 100 MHz, keeps the 48. A bootloader may have left other clocks, so the core goes to the
 * DFLL first. SAM D5x/E5x datasheet: chapters GCLK, OSCCTRL (DPLL), NVMCTRL (CTRLA.AUTOWS), CMCC;
 * the erratum of the FDPLL's false unlock, against which LBYPASS stands. */
#include "sam.h"
#include "tdrt_build.h"
#include "tdrt_wait.h"

#define REGISTER_8(address) (*(volatile uint8_t *)(address))
#define REGISTER_16(address) (*(volatile uint16_t *)(address))
#define REGISTER_32(address) (*(volatile uint32_t *)(address))
#define OSCCTRL_DPLLCTRLA REGISTER_8(0x40001030u)
#define OSCCTRL_DPLLRATIO REGISTER_32(0x40001034u)
#define OSCCTRL_DPLLCTRLB REGISTER_32(0x40001038u)
#define OSCCTRL_DPLLSYNCBUSY REGISTER_32(0x4000103Cu)
#define OSCCTRL_DPLLSTATUS REGISTER_32(0x40001040u)
#define GCLK_SYNCBUSY REGISTER_32(0x40001C04u)
#define GCLK_GENCTRL(generator) REGISTER_32(0x40001C20u + 4u * (generator))
#define GCLK_PCHCTRL(id) REGISTER_32(0x40001C80u + 4u * (id))
#define NVMCTRL_CTRLA REGISTER_16(0x41004000u)
#define CMCC_CTRL REGISTER_32(0x41006008u)

#define CORE_GENERATOR 0u
#define UART_GENERATOR 1u
#define REFERENCE_GENERATOR 2u
#define GENERATOR_FROM_DFLL 0x106u /* enabled, source 6 */
#define GENERATOR_FROM_DPLL 0x107u
#define GENERATOR_BY_24 (24u << 16)
#define SYNCBUSY_GENERATOR(generator) (4u << (generator))
#define DPLL_CHANNEL 1u
#define CHANNEL_ENABLE (1u << 6)
#define DPLLCTRLA_ENABLE (1u << 1) /* and no more: not on demand */
#define DPLLRATIO_60 59u
#define DPLLCTRLB_LBYPASS (1u << 11) /* and the reference from the GCLK */
#define DPLLSYNCBUSY_ALL 6u
#define DPLLSTATUS_LOCKED_AND_READY 3u
#define CTRLA_AUTOWS (1u << 2)
#define CMCC_ENABLE (1u << 0)

static uintptr_t run_generator(uint32_t generator, uint32_t control) {
  GCLK_GENCTRL(generator) = control;
  return tdrt_wait_for(&GCLK_SYNCBUSY, SYNCBUSY_GENERATOR(generator), 0)
             ? 0
             : (uintptr_t)&GCLK_SYNCBUSY;
}

static uintptr_t connect_channel(uint32_t id, uint32_t generator) {
  volatile uint32_t *channel = &GCLK_PCHCTRL(id);
  *channel = 0; /* its source can change only while it is off */
  (void)tdrt_wait_for(channel, CHANNEL_ENABLE, 0);
  *channel = CHANNEL_ENABLE | generator;
  return tdrt_wait_for(channel, CHANNEL_ENABLE, CHANNEL_ENABLE) ? 0 : (uintptr_t)channel;
}

static uintptr_t start_dpll(void) {
  OSCCTRL_DPLLCTRLA = 0;
  (void)tdrt_wait_for(&OSCCTRL_DPLLSYNCBUSY, DPLLSYNCBUSY_ALL, 0);
  const uintptr_t failed_register = connect_channel(DPLL_CHANNEL, REFERENCE_GENERATOR);
  if (failed_register != 0) {
    return failed_register;
  }
  OSCCTRL_DPLLRATIO = DPLLRATIO_60;
  (void)tdrt_wait_for(&OSCCTRL_DPLLSYNCBUSY, DPLLSYNCBUSY_ALL, 0);
  OSCCTRL_DPLLCTRLB = DPLLCTRLB_LBYPASS;
  OSCCTRL_DPLLCTRLA = DPLLCTRLA_ENABLE;
  return tdrt_wait_for(&OSCCTRL_DPLLSTATUS, DPLLSTATUS_LOCKED_AND_READY,
                       DPLLSTATUS_LOCKED_AND_READY)
             ? 0
             : (uintptr_t)&OSCCTRL_DPLLSTATUS;
}

static uintptr_t start_core_clock(void) {
  uintptr_t failed_register = run_generator(CORE_GENERATOR, GENERATOR_FROM_DFLL);
  if (failed_register == 0) {
    failed_register = run_generator(REFERENCE_GENERATOR, GENERATOR_FROM_DFLL | GENERATOR_BY_24);
  }
  if (failed_register == 0) {
    failed_register = start_dpll();
  }
  if (failed_register == 0) {
    NVMCTRL_CTRLA |= CTRLA_AUTOWS; /* the flash waits as long as the clock demands */
    failed_register = run_generator(CORE_GENERATOR, GENERATOR_FROM_DPLL);
  }
  return failed_register;
}

tdrt_sam_clock tdrt_sam_start_clock(void) {
  uintptr_t failed_register = start_core_clock();
  CMCC_CTRL = CMCC_ENABLE; /* the cache of code and constants */
  REGISTER_32(TDRT_USART_ENABLE) |= TDRT_USART_ENABLE_BITS;
  const uintptr_t no_generator = run_generator(UART_GENERATOR, GENERATOR_FROM_DFLL);
  const uintptr_t no_channel = connect_channel(TDRT_USART_CLOCK_ID, UART_GENERATOR);
  failed_register = failed_register != 0 ? failed_register : no_generator;
  const tdrt_sam_clock clock = {TDRT_UART_CLOCK_HZ,
                                failed_register != 0 ? failed_register : no_channel};
  return clock;
}
