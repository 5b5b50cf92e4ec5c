/* Waits for a reset. */
#include "tdrt_hal.h"

_Noreturn void tdrt_exit(int status) {
  (void)status;
  for (;;) {
    __asm volatile("wfi");
  }
}
