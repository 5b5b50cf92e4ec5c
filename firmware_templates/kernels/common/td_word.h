/* Four bytes at once. */
#ifndef TD_WORD_H
#define TD_WORD_H

#include <stdint.h>

/* Any bytes of the arena, 4-byte aligned, as one word. */
#if defined(__GNUC__)
typedef uint32_t __attribute__((may_alias)) td_word;
#else
typedef uint32_t td_word;
#endif

#define TD_WORD_BYTES UINT32_C(0x00ff00ff)  /* every other byte */
#define TD_WORD_OFFSET UINT32_C(0x80808080) /* int8 plus 128, four times: by exclusive or */

#endif
