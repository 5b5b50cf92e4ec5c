/* The cycle counter of the Cortex-M3 and up as a 64-bit counter: its 32 bits, of which SysTick's
 * interrupt sees every overflow. The handler costs the inference some 40 cycles in 2^24. */
#include "tdrt_hal.h"

#define DEMCR (*(volatile uint32_t *)0xE000EDFCu)
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL (*(volatile uint32_t *)0xE0001000u)
#define DWT_CTRL_CYCCNTENA (1u << 0)
#define DWT_CTRL_NOCYCCNT (1u << 25)
#define DWT_CYCCNT (*(volatile uint32_t *)0xE0001004u)
#define DWT_LAR (*(volatile uint32_t *)0xE0001FB0u)
#define LAR_KEY 0xC5ACCE55u
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define SYST_RELOAD 0xFFFFFFu

void tdrt_systick_handler(void);

static volatile uint32_t overflows;
static volatile uint32_t last_seen;

void tdrt_systick_handler(void) {
  const uint32_t now = DWT_CYCCNT;
  overflows = overflows + (now < last_seen ? 1u : 0u);
  last_seen = now;
}

void tdrt_counter_init(void) {
  DEMCR |= DEMCR_TRCENA;
  DWT_LAR = LAR_KEY; /* the Cortex-M7 locks its counter; elsewhere this write does nothing */
  DWT_CTRL |= DWT_CTRL_CYCCNTENA;
  if ((DWT_CTRL & (DWT_CTRL_NOCYCCNT | DWT_CTRL_CYCCNTENA)) != DWT_CTRL_CYCCNTENA) {
    tdrt_fault("missing cycle counter", 0, DWT_CTRL);
  }
  SYST_RVR = SYST_RELOAD;
  SYST_CSR = 7; /* processor clock, interrupt, on */
}

void tdrt_counter_restart(void) {
  SYST_CVR = 0; /* any write starts a full period: from the barrier on no handler disturbs this */
  __asm volatile("dsb\n\tisb" ::: "memory");
  overflows = 0;
  last_seen = 0;
  DWT_CYCCNT = 0;
}

uint64_t tdrt_counter_read(void) {
  uint32_t before;
  uint32_t seen;
  uint32_t now;
  do {
    before = overflows;
    seen = last_seen;
    now = DWT_CYCCNT;
  } while (before != overflows || seen != last_seen);
  return ((uint64_t)(before + (now < seen ? 1u : 0u)) << 32) | now;
}
