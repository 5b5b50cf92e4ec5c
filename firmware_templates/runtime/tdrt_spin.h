/* A loop of known length, by which the host checks the counter. */
#ifndef TDRT_SPIN_H
#define TDRT_SPIN_H

#include <stdint.h>

/* Two instructions a loop, on Arm and RISC-V; elsewhere only the time that it takes counts. */
void tdrt_spin(uint32_t loops);

#endif
