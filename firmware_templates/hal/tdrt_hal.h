/* What the runtime needs from a board. Every HAL folder implements a part of this. */
#ifndef TDRT_HAL_H
#define TDRT_HAL_H

#include <stdint.h>

#include "tdrt_build.h"

/* The serial line: 8 data bits, no parity. get() waits for a byte, put() until there is room. */
void tdrt_uart_init(void);
uint8_t tdrt_uart_get(void);
void tdrt_uart_put(uint8_t byte);

/* A counter of TDRT_COUNTER_HZ ticks a second, zero at restart(). Two measurements of the same
 * instructions must see the counter in the same phase. */
void tdrt_counter_init(void);
void tdrt_counter_restart(void);
uint64_t tdrt_counter_read(void);

/* The stack grows down to this address. */
uint32_t *tdrt_stack_limit(void);
uint32_t tdrt_stack_reserved_bytes(void);
/* RAM of all static objects, known to the linker only. */
uint32_t tdrt_static_bytes(void);

/* Ends the emulator where there is one, else waits for a reset. */
_Noreturn void tdrt_exit(int status);

/* Reports what the processor stopped at, then tdrt_exit(). */
_Noreturn void tdrt_fault(const char *kind, uintptr_t pc, uintptr_t detail);

/* The firmware itself; the start-up code calls it on the stack above. */
_Noreturn void tdrt_main(void);

#endif
