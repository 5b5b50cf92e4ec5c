#include "tdrt_measure.h"

#include "tdrt_hal.h"

#define STACK_PAINT 0xC5A3965Du

/* With register windows, a function's caller is saved just below the function's stack pointer. */
#ifdef __XTENSA__
#define SAVED_BELOW_BYTES 16u
#else
#define SAVED_BELOW_BYTES 0u
#endif

static uint32_t overhead_ticks;

/* The caller's stack pointer at its call: the canonical frame address of this function. */
__attribute__((noinline)) static uintptr_t caller_stack_pointer(void) {
  return (uintptr_t)__builtin_dwarf_cfa();
}

__attribute__((noinline)) static void do_nothing(uint32_t argument) { (void)argument; }

/* Not inlined, so that nothing of the caller's lies below the stack pointer that it paints to. */
__attribute__((noinline)) static tdrt_measurement measure_raw(tdrt_work work, uint32_t argument) {
  volatile uint32_t *limit = tdrt_stack_limit();
  volatile uint32_t *top =
      (volatile uint32_t *)((caller_stack_pointer() - SAVED_BELOW_BYTES) & ~(uintptr_t)3);
  for (volatile uint32_t *word = limit; word < top; ++word) {
    *word = STACK_PAINT;
  }
  tdrt_counter_restart();
  work(argument);
  uint64_t ticks = tdrt_counter_read();
  volatile uint32_t *word = limit;
  while (word < top && *word == STACK_PAINT) {
    ++word;
  }
  tdrt_measurement measured = {ticks, (uint32_t)((uintptr_t)top - (uintptr_t)word), word == limit};
  return measured;
}

void tdrt_measure_init(void) {
  tdrt_counter_init();
  /* Twice, and the second counts: on real hardware the first fills caches. */
  (void)measure_raw(do_nothing, 0);
  overhead_ticks = (uint32_t)measure_raw(do_nothing, 0).ticks;
}

uint32_t tdrt_measure_overhead_ticks(void) { return overhead_ticks; }

tdrt_measurement tdrt_measure(tdrt_work work, uint32_t argument) {
  tdrt_measurement measured = measure_raw(work, argument);
  measured.ticks = measured.ticks > overhead_ticks ? measured.ticks - overhead_ticks : 0;
  return measured;
}
