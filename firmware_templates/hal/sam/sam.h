/* What the SERCOM needs of the microcontroller around it. */
#ifndef TDRT_SAM_H
#define TDRT_SAM_H

#include <stdint.h>

/* Starts the clock of core and SERCOM. Returns the register that was waited for in vain, or 0. */
uintptr_t tdrt_sam_start_clock(void);

#endif
