/* Symbols that the linker script defines; only their addresses mean something. */
#ifndef TDRT_LINK_H
#define TDRT_LINK_H

#include <stdint.h>

extern uint32_t tdrt_link_stack_start[], tdrt_link_stack_end[];
extern char tdrt_link_data_start[], tdrt_link_data_end[];
extern const char tdrt_link_data_image[];
extern char tdrt_link_bss_start[], tdrt_link_bss_end[];
/* Only where the arena is not in .bss. */
extern char tdrt_link_arena_start[], tdrt_link_arena_end[];
/* Its address is a number of bytes. */
extern const char tdrt_link_static_bytes[];

#endif
