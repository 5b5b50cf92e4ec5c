#include "tdrt_spin.h"

void tdrt_spin(uint32_t loops) {
  if (loops == 0) {
    return;
  }
#if defined(__arm__)
  __asm volatile(".syntax unified\n1:\n\tsubs %0, %0, #1\n\tbne 1b" : "+l"(loops) : : "cc");
#elif defined(__riscv)
  __asm volatile("1:\n\taddi %0, %0, -1\n\tbnez %0, 1b" : "+r"(loops));
#else
  while (loops != 0) {
    __asm volatile("" : "+r"(loops));
    --loops;
  }
#endif
}
