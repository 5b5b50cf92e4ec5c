/* The counter of retired instructions: 64 bits, one tick an instruction. */
#include "riscv.h"
#include "tdrt_hal.h"

static uint64_t start;

static uint64_t read_minstret(void) {
  uint32_t high;
  uint32_t low;
  do {
    high = TDRT_CSR_READ(TDRT_CSR_MINSTRETH);
    low = TDRT_CSR_READ(TDRT_CSR_MINSTRET);
  } while (high != TDRT_CSR_READ(TDRT_CSR_MINSTRETH));
  return ((uint64_t)high << 32) | low;
}

void tdrt_counter_init(void) {}

void tdrt_counter_restart(void) { start = read_minstret(); }

uint64_t tdrt_counter_read(void) { return read_minstret() - start; }
