/* Pins of the STM32F1 family: one register for mode and function. */
#include "stm32.h"

#define ALTERNATE_PUSH_PULL 0xBu
#define FLOATING_INPUT 0x4u

static void set_mode(uint32_t pin, uint32_t mode) {
  const uint32_t shift = pin % 8u * 4u;
  volatile uint32_t *cr = &TDRT_REGISTER(TDRT_PORT_BASE, pin / 8u * 4u);
  *cr = (*cr & ~(0xFu << shift)) | (mode << shift);
}

void tdrt_stm32_connect_pins(uint32_t send_pin, uint32_t receive_pin) {
  set_mode(send_pin, ALTERNATE_PUSH_PULL);
  set_mode(receive_pin, FLOATING_INPUT);
}
