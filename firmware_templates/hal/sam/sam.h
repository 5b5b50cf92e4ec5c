/* What the SERCOM needs of the microcontroller around it. */
#ifndef TDRT_SAM_H
#define TDRT_SAM_H

#include <stdint.h>

/* The clock that reaches the SERCOM, and what kept the promised clocks from starting: the register
 * that was waited for, or 0. */
typedef struct {
  uint32_t uart_hz;
  uintptr_t failed_register;
} tdrt_sam_clock;

/* Starts the clocks of core and SERCOM. When one does not start, all goes on from a slower one, so
 * that this can be told. */
tdrt_sam_clock tdrt_sam_start_clock(void);

#endif
