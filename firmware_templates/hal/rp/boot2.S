/* The first 256 bytes in an RP2040's flash: its ROM runs them from RAM when their CRC is right. They
 * map the flash by the read command that every chip knows (03h), and go to the vectors behind.
 * RP2040 datasheet, 2.8.1.3 and 4.10. */
  .syntax unified
  .thumb
  .section .boot, "ax"

  ldr r0, =0x18000000  /* XIP_SSI */
  movs r1, #0
  str r1, [r0, #0x08]  /* SSIENR: off */
  movs r2, #4
  str r2, [r0, #0x14]  /* BAUDR: a quarter of the core's clock */
  ldr r2, =0x001F0300  /* CTRLR0: frames of 32 bits, command and address before the data */
  str r2, [r0, #0x00]
  str r1, [r0, #0x04]  /* CTRLR1: one frame */
  ldr r2, =0x03000218  /* SPI_CTRLR0: 03h, 8 bits of command, 24 of address, on one line */
  movs r3, #0xF4
  str r2, [r0, r3]
  movs r1, #1
  str r1, [r0, #0x08]  /* SSIENR: on */
  ldr r0, =0x10000100  /* the vectors */
  ldr r1, =0xE000ED08  /* VTOR */
  str r0, [r1]
  ldmia r0!, {r1, r2}
  msr msp, r1
  bx r2
  .pool

  .org 252
  .word 0xF8B32FDA  /* CRC-32/MPEG-2 of the 252 bytes before */
