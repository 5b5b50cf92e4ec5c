/* Pins of every STM32 family but the F1: the board file says which alternate function the UART is.
 */
#include "stm32.h"

#define MODER 0x00u
#define AFRL 0x20u
#define MODE_ALTERNATE 2u

static void set_field(uintptr_t offset, uint32_t shift, uint32_t mask, uint32_t value) {
  volatile uint32_t *field = &TDRT_REGISTER(TDRT_PORT_BASE, offset);
  *field = (*field & ~(mask << shift)) | (value << shift);
}

static void connect(uint32_t pin) {
  set_field(AFRL + pin / 8u * 4u, pin % 8u * 4u, 0xFu, TDRT_PIN_FUNCTION);
  set_field(MODER, pin * 2u, 3u, MODE_ALTERNATE);
}

void tdrt_stm32_connect_pins(uint32_t send_pin, uint32_t receive_pin) {
  connect(send_pin);
  connect(receive_pin);
}
