/* Stands in for the Arduino core: just what our HAL uses, with the types that the API documents. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct StandInSerial {
  void begin(unsigned long baud);
  int available();
  int read();
  size_t write(const uint8_t *data, size_t count);
  explicit operator bool();
};
extern StandInSerial Serial;
unsigned long micros();
void yield();
void setup();
void loop();
