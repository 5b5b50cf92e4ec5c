// A core of a board that is this computer: what the example sketch needs, and nothing else.
#pragma once

#include <stdint.h>
#include <stdio.h>

#define F(text) text

struct TinySerial {
  void begin(unsigned long) {}
  void print(const char *text) { printf("%s", text); }
  void print(unsigned long value) { printf("%lu", value); }
  void println(double value, int digits) { printf("%.*f\n", digits, value); }
};
extern TinySerial Serial;

static inline unsigned long micros() { return 0; }
static inline void delay(unsigned long) {}

void setup();
void loop();
