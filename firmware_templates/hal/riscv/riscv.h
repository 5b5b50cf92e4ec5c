/* Control and status registers. */
#ifndef TDRT_RISCV_H
#define TDRT_RISCV_H

#include <stdint.h>

/* As 12-bit signed immediates: .insn encodes the instruction for every assembler, whether or not
 * it wants the Zicsr extension to be named in -march. */
#define TDRT_CSR_MTVEC 0x305
#define TDRT_CSR_MEPC 0x341
#define TDRT_CSR_MCAUSE 0x342
#define TDRT_CSR_MINSTRET (0xB02 - 0x1000)
#define TDRT_CSR_MINSTRETH (0xB82 - 0x1000)

#define TDRT_CSR_READ(csr)                                                                         \
  (__extension__({                                                                                 \
    uint32_t tdrt_value;                                                                           \
    __asm volatile(".insn i 0x73, 2, %0, x0, %1" : "=r"(tdrt_value) : "i"(csr) : "memory");        \
    tdrt_value;                                                                                    \
  }))

#define TDRT_CSR_WRITE(csr, value)                                                                 \
  __asm volatile(".insn i 0x73, 1, x0, %0, %1" ::"r"((uint32_t)(value)), "i"(csr) : "memory")

#endif
