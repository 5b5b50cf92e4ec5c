/* What Arm's PL011 needs of the microcontroller around it. */
#ifndef TDRT_PL011_H
#define TDRT_PL011_H

#include <stdint.h>

/* Starts clocks, lets clock and pins reach the UART. Returns the register that was waited for in
 * vain, or 0. */
uintptr_t tdrt_pl011_connect(void);

#endif
