/* Runs a model layer by layer; during each layer, the address sanitizer lets it touch only the
 * memory that is the layer's own.
 *
 * Standard input: the arena, then for each layer the number of its spans, and offset and size of
 * each (32-bit words). Standard output: the arena afterwards. */
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>

#include "model.h"

static _Alignas(16) unsigned char arena[TD_MODEL_ARENA_BYTES];

static void read_exactly(void *to, size_t bytes) {
  if (fread(to, 1, bytes, stdin) != bytes) {
    fprintf(stderr, "input ends early\n");
    exit(2);
  }
}

static void open_spans(void) {
  uint32_t count;
  read_exactly(&count, sizeof count);
  for (; count > 0; --count) {
    td_model_span span;
    read_exactly(&span, sizeof span);
    ASAN_UNPOISON_MEMORY_REGION(arena + span.offset, span.bytes);
  }
}

int main(void) {
  read_exactly(arena, sizeof arena);
  for (uint32_t layer = 0; layer < TD_MODEL_LAYER_COUNT; ++layer) {
    ASAN_POISON_MEMORY_REGION(arena, sizeof arena);
    open_spans();
    td_model_run_layer(arena, layer);
  }
  ASAN_UNPOISON_MEMORY_REGION(arena, sizeof arena);
  return fwrite(arena, 1, sizeof arena, stdout) == sizeof arena ? 0 : 2;
}
