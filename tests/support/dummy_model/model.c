#include "model.h"

#include <alloca.h>
#include <string.h>

#define DATA_BYTES 700u
#define CONTROL_OFFSET 704u
#define OUTPUT_OFFSET 720u
#define COPY_OFFSET 1424u

const td_model_span td_model_inputs[TD_MODEL_INPUT_COUNT] = {{0, DATA_BYTES},
                                                             {CONTROL_OFFSET, sizeof(td_control)}};
const td_model_span td_model_outputs[TD_MODEL_OUTPUT_COUNT] = {{OUTPUT_OFFSET, DATA_BYTES},
                                                               {COPY_OFFSET, sizeof(td_control)}};

static const uint8_t td_w_key[1000] = {0x50, 0x50};
static const uint8_t td_w_second_key[24] = {0x05};

__attribute__((noinline)) static void use_stack(uint32_t count) {
  volatile uint8_t *bytes = alloca(count);
  for (uint32_t i = 0; i < count; ++i) {
    bytes[i] = (uint8_t)i;
  }
}

__attribute__((noinline)) static void work(uint32_t loops) {
  for (; loops != 0; --loops) {
    __asm volatile("" ::: "memory");
  }
}

static void have_mishap(uint32_t mishap) {
  if (mishap == MISHAP_TRAP) {
    __builtin_trap();
  }
#ifdef __arm__
  if (mishap == MISHAP_RESTART) {
    *(volatile uint32_t *)0xE000ED0Cu = 0x05FA0004u;
    for (;;) {
    }
  }
#endif
}

static void first_layer(uint8_t *arena) {
  td_control control;
  memcpy(&control, arena + CONTROL_OFFSET, sizeof control);
  have_mishap(control.mishap);
  if (control.stack_bytes != 0) {
    use_stack(control.stack_bytes);
  }
  work(control.loops);
  memcpy(arena + COPY_OFFSET, &control, sizeof control);
  for (uint32_t i = 0; i < DATA_BYTES; ++i) {
    arena[OUTPUT_OFFSET + i] = (uint8_t)(arena[i] ^ td_w_key[i & 1u]);
  }
}

static void second_layer(uint8_t *arena) {
  for (uint32_t i = 0; i < DATA_BYTES; ++i) {
    arena[OUTPUT_OFFSET + i] = (uint8_t)(arena[OUTPUT_OFFSET + i] ^ td_w_second_key[i & 0u]);
  }
}

void td_model_run_layer(void *arena, uint32_t layer) {
  if (layer == 0) {
    first_layer(arena);
  } else {
    second_layer(arena);
  }
}

void td_model_invoke(void *arena) {
  first_layer(arena);
  second_layer(arena);
}
