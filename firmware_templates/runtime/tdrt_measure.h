/* Counts and stack depth of a piece of work, taken at once. */
#ifndef TDRT_MEASURE_H
#define TDRT_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

typedef void (*tdrt_work)(uint32_t argument);

typedef struct {
  uint64_t ticks;
  uint32_t stack_bytes;
  bool stack_overflow;
} tdrt_measurement;

/* Starts the counter and finds out what measuring nothing costs. */
void tdrt_measure_init(void);
uint32_t tdrt_measure_overhead_ticks(void);
tdrt_measurement tdrt_measure(tdrt_work work, uint32_t argument);

#endif
