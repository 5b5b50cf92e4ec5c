#include "Arduino.h"

TinySerial Serial;

int main() {
  setup();
  loop();
}
