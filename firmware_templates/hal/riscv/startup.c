/* Start-up of a bare RISC-V core in machine mode. */
#include <string.h>

#include "riscv.h"
#include "tdrt_hal.h"
#include "tdrt_link.h"
#include "tdrt_memory.h"

#define TRAP_STACK_WORDS 64
static uint32_t trap_stack[TRAP_STACK_WORDS] __attribute__((aligned(16)));

void tdrt_start(void);
void tdrt_run(void);
void tdrt_trap(void);
void tdrt_trap_report(void);

/* The linker script defines no global pointer, so the stack is all that C needs. */
__attribute__((naked, section(".vectors"), used)) void tdrt_start(void) {
  __asm volatile("la sp, tdrt_link_stack_end\n\t"
                 "tail tdrt_run");
}

/* Takes a fresh stack: the old one may be what is at fault. */
__attribute__((naked, aligned(4))) void tdrt_trap(void) {
  __asm volatile("la sp, %0\n\t"
                 "tail tdrt_trap_report" ::"i"(&trap_stack[TRAP_STACK_WORDS]));
}

void tdrt_trap_report(void) {
  tdrt_fault("trap", TDRT_CSR_READ(TDRT_CSR_MEPC), TDRT_CSR_READ(TDRT_CSR_MCAUSE));
}

void tdrt_run(void) {
  TDRT_CSR_WRITE(TDRT_CSR_MTVEC, (uintptr_t)tdrt_trap);
  tdrt_memory_start();
  memcpy(tdrt_link_data_start, tdrt_link_data_image,
         (size_t)(tdrt_link_data_end - tdrt_link_data_start));
  memset(tdrt_link_bss_start, 0, (size_t)(tdrt_link_bss_end - tdrt_link_bss_start));
  tdrt_main();
}

uint32_t *tdrt_stack_limit(void) { return tdrt_link_stack_start; }

uint32_t tdrt_stack_reserved_bytes(void) {
  return (uint32_t)((uintptr_t)tdrt_link_stack_end - (uintptr_t)tdrt_link_stack_start);
}

uint32_t tdrt_static_bytes(void) { return (uint32_t)(uintptr_t)tdrt_link_static_bytes; }
