/* SysTick as a 64-bit counter: its 24 bits, extended by its interrupt. */
#include "tdrt_hal.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define ICSR (*(volatile uint32_t *)0xE000ED04u)
#define ICSR_PENDSTSET (1u << 26)

#define SYST_RELOAD 0xFFFFFFu
#define PERIOD_TICKS ((uint64_t)SYST_RELOAD + 1u)
#define CALIBRATION_RUNS 256u

void tdrt_systick_handler(void);

static volatile uint32_t wraps;
/* What the handler itself costs: it must not count as part of the inference. */
static uint32_t handler_ticks_256;

void tdrt_systick_handler(void) { wraps = wraps + 1u; }

void tdrt_counter_restart(void) {
  SYST_CVR = 0; /* any write clears it; it reloads at the next tick */
  while (SYST_CVR == 0) {
  }
  wraps = 0;
}

/* Costs of writing ICSR many times: plainly, or so that each write runs the handler once. */
__attribute__((noinline)) static uint32_t ticks_of_writes(uint32_t value) {
  tdrt_counter_restart();
  for (uint32_t i = 0; i < CALIBRATION_RUNS; ++i) {
    ICSR = value;
    __asm volatile("dsb\n\tisb" ::: "memory");
  }
  return SYST_RELOAD - SYST_CVR;
}

void tdrt_counter_init(void) {
  SYST_RVR = SYST_RELOAD;
  SYST_CVR = 0;
  SYST_CSR = 7; /* processor clock, interrupt, on */
  (void)ticks_of_writes(0);
  uint32_t plain = ticks_of_writes(0);
  uint32_t with_handler = ticks_of_writes(ICSR_PENDSTSET);
  handler_ticks_256 = with_handler - plain;
}

uint64_t tdrt_counter_read(void) {
  uint32_t before;
  uint32_t value;
  do {
    before = wraps;
    value = SYST_CVR;
  } while (before != wraps);
  uint64_t handlers =
      ((uint64_t)before * handler_ticks_256 + CALIBRATION_RUNS / 2) / CALIBRATION_RUNS;
  return before * PERIOD_TICKS + (SYST_RELOAD - value) - handlers;
}
