/* Any board of the Arduino framework: Serial, micros(), and the stack that the core calls loop()
 * on, of which the board file says how much may be used. */
#include <Arduino.h>

#define _Noreturn __attribute__((noreturn)) /* C's keyword, which C++ lacks */
extern "C" {
#include "tdrt_hal.h"
}

/* Written at once: on a serial line by USB each write() may be a packet of its own. */
static uint8_t sent[64];
static size_t sent_count;
static uint32_t start_us;
static uintptr_t stack_top;

static void flush() {
  Serial.write(sent, sent_count);
  sent_count = 0;
}

void tdrt_uart_init(void) {
  Serial.begin(TDRT_BAUD);
  while (!Serial) { /* by USB: until somebody opens the port */
  }
}

uint8_t tdrt_uart_get(void) {
  flush();
  while (Serial.available() <= 0) {
    yield();
  }
  return (uint8_t)Serial.read();
}

void tdrt_uart_put(uint8_t byte) {
  sent[sent_count++] = byte;
  if (sent_count == sizeof sent) {
    flush();
  }
}

void tdrt_counter_init(void) {}

void tdrt_counter_restart(void) { start_us = (uint32_t)micros(); }

/* Right up to 71 minutes, when micros() has gone around. */
uint64_t tdrt_counter_read(void) { return (uint32_t)micros() - start_us; }

uint32_t *tdrt_stack_limit(void) {
  return reinterpret_cast<uint32_t *>((stack_top - TDRT_STACK_BYTES) & ~(uintptr_t)3);
}

uint32_t tdrt_stack_reserved_bytes(void) { return TDRT_STACK_BYTES; }

/* Only the core's linker script knows. */
uint32_t tdrt_static_bytes(void) { return 0; }

void tdrt_exit(int) {
  flush();
  for (;;) {
  }
}

void setup() {}

void loop() {
  stack_top = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  tdrt_main();
}
