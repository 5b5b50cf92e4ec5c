/* What C leaves to the compiler. All of it affects speed only. */
#ifndef TD_COMPILER_H
#define TD_COMPILER_H

#include <stdint.h>

#define TD_PRAGMA(text) _Pragma(#text)

#if defined(__GNUC__)
/* For an inner loop: inlined, it would have to share the registers with what is around it. */
#define TD_NOINLINE __attribute__((noinline))
#define TD_UNROLL(count) TD_PRAGMA(GCC unroll count)
/* Any four bytes that are aligned to four. */
typedef uint32_t __attribute__((may_alias)) td_word;
#else
#define TD_NOINLINE
#define TD_UNROLL(count)
typedef uint32_t td_word;
#endif

/* Left to themselves, compilers add up the products of one sum first, or load everything at the
 * start of an unrolled loop, and run out of registers: on Armv6-M, which has eight to compute with,
 * and on RISC-V, whose instructions are scheduled with no regard to them. */
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__)
#define TD_FEW_REGISTERS 1
#define TD_KEEP(sum) __asm__("" : "+l"(sum))
#else
#define TD_FEW_REGISTERS 0
#define TD_KEEP(sum) (void)0
#endif
#if (defined(__ARM_ARCH_6M__) || defined(__riscv)) && defined(__GNUC__)
#define TD_FORGET_LOADS() __asm__ volatile("" ::: "memory")
#else
#define TD_FORGET_LOADS() (void)0
#endif

#endif
