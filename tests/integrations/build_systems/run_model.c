/* Reads all inputs from standard input, infers once, writes all outputs to standard output. */
#include <stdio.h>

#include "model.h"

static _Alignas(16) uint8_t arena[TD_MODEL_ARENA_BYTES];

int main(void) {
  for (uint32_t i = 0; i < TD_MODEL_INPUT_COUNT; ++i) {
    const td_model_span span = td_model_inputs[i];
    if (fread(arena + span.offset, 1, span.bytes, stdin) != span.bytes) {
      return 1;
    }
  }
  td_model_invoke(arena);
  for (uint32_t i = 0; i < TD_MODEL_OUTPUT_COUNT; ++i) {
    const td_model_span span = td_model_outputs[i];
    if (fwrite(arena + span.offset, 1, span.bytes, stdout) != span.bytes) {
      return 1;
    }
  }
  return 0;
}
