/* Start-up of every Cortex-M: vectors, RAM, FPU, faults. */
#include <string.h>

#include "cache.h"
#include "tdrt_hal.h"
#include "tdrt_link.h"
#include "tdrt_memory.h"

#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define FPCCR (*(volatile uint32_t *)0xE000EF34u)

/* The fault handler must work when the stack itself is at fault. */
#define FAULT_STACK_WORDS 64u
static uint64_t fault_stack[FAULT_STACK_WORDS / 2u];

void tdrt_start(void);
void tdrt_fault_handler(void);
void tdrt_systick_handler(void);
void tdrt_fault_report(const uint32_t *frame, const uint64_t *stack);

_Noreturn static void run(void) {
  tdrt_memory_start();
  memcpy(tdrt_link_data_start, tdrt_link_data_image,
         (size_t)(tdrt_link_data_end - tdrt_link_data_start));
  memset(tdrt_link_bss_start, 0, (size_t)(tdrt_link_bss_end - tdrt_link_bss_start));
  tdrt_main();
}

void tdrt_start(void) {
#if __ARM_FP || __ARM_FEATURE_MVE
  /* No automatic saving of FP registers: the only interrupt handler uses none, and its stack
   * frame must stay small where the stack depth of an inference is measured. */
  FPCCR &= ~(3u << 30);
  CPACR |= 0xFu << 20;
  __asm volatile("dsb\n\tisb" ::: "memory");
#endif
#ifdef TDRT_CORE_CACHES
  tdrt_cache_enable();
#endif
  run();
}

/* Takes a fresh stack, then hands the exception frame over. */
__attribute__((naked)) void tdrt_fault_handler(void) {
  __asm volatile("mrs r0, msp\n\t"
                 "ldr r1, =%c0\n\t"
                 "mov sp, r1\n\t"
                 "bl tdrt_fault_report\n\t"
                 "b .\n\t"
                 ".pool" ::"i"(&fault_stack[FAULT_STACK_WORDS / 2u]));
}

void tdrt_fault_report(const uint32_t *frame, const uint64_t *stack) {
  (void)stack;
  const uint32_t frame_words = 8;
  const uint32_t *lowest = tdrt_stack_limit();
  const uint32_t *highest = lowest + tdrt_stack_reserved_bytes() / sizeof(uint32_t);
  if (frame < lowest || frame + frame_words > highest) {
    tdrt_fault("stack overflow, fault", 0, (uintptr_t)frame);
  }
  tdrt_fault("processor fault", frame[6], frame[5]);
}

uint32_t *tdrt_stack_limit(void) { return tdrt_link_stack_start; }

uint32_t tdrt_stack_reserved_bytes(void) {
  return (uint32_t)((uintptr_t)tdrt_link_stack_end - (uintptr_t)tdrt_link_stack_start);
}

uint32_t tdrt_static_bytes(void) { return (uint32_t)(uintptr_t)tdrt_link_static_bytes; }

typedef union {
  void (*handler)(void);
  const void *address;
} vector;

/* Reset, 13 system exceptions of which only the faults can happen, and SysTick. No interrupts of
 * the MCU's peripherals are used. */
__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    {.address = tdrt_link_stack_end},
    {tdrt_start},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_fault_handler},
    {tdrt_systick_handler},
};
