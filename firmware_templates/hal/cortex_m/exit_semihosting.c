/* Ends the emulator by semihosting. On real hardware without a debugger this would be a fault. */
#include "tdrt_hal.h"

#define SYS_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT 0x20026u

_Noreturn void tdrt_exit(int status) {
  const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};
  register uint32_t operation __asm("r0") = SYS_EXIT_EXTENDED;
  register const uint32_t *argument __asm("r1") = block;
  __asm volatile("bkpt 0xab" : "+r"(operation) : "r"(argument) : "memory");
  for (;;) {
  }
}
