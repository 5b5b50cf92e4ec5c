/* TIMER0 as the counter: the nRF51 has no SysTick. Its 32 bits at the core's 16 MHz last for
 * 268 s. */
#include "tdrt_hal.h"

#define REGISTER(offset) (*(volatile uint32_t *)(0x40008000u + (offset)))
#define TIMER_START REGISTER(0x000u)
#define TIMER_STOP REGISTER(0x004u)
#define TIMER_CLEAR REGISTER(0x00Cu)
#define TIMER_CAPTURE_0 REGISTER(0x040u)
#define TIMER_MODE REGISTER(0x504u)
#define TIMER_BITMODE REGISTER(0x508u)
#define TIMER_PRESCALER REGISTER(0x510u)
#define TIMER_CC_0 REGISTER(0x540u)
#define MODE_TIMER 0u
#define BITMODE_32 3u

void tdrt_systick_handler(void);

/* Never called: the table of vectors wants it. */
void tdrt_systick_handler(void) {}

void tdrt_counter_init(void) {
  TIMER_STOP = 1;
  TIMER_MODE = MODE_TIMER;
  TIMER_BITMODE = BITMODE_32;
  TIMER_PRESCALER = 0;
  TIMER_CLEAR = 1;
  TIMER_START = 1;
}

void tdrt_counter_restart(void) { TIMER_CLEAR = 1; }

uint64_t tdrt_counter_read(void) {
  TIMER_CAPTURE_0 = 1;
  return TIMER_CC_0;
}
