/* A stand-in for a generated model library: it does what its second input tells it to do. */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#define TD_MODEL_NAME "dummy"
#define TD_MODEL_DIGEST "00112233445566778899aabbccddeeff"
#define TD_MODEL_ARENA_BYTES 1536u
#define TD_MODEL_LAYER_COUNT 2u
#define TD_MODEL_INPUT_COUNT 2u
#define TD_MODEL_OUTPUT_COUNT 2u

/* Input 1: three 32-bit numbers. */
typedef struct {
  uint32_t stack_bytes; /* the first layer uses this much stack */
  uint32_t loops;       /* the first layer does this much work */
  uint32_t mishap;      /* one of MISHAP_… */
} td_control;

enum { MISHAP_NONE, MISHAP_TRAP, MISHAP_RESTART };

typedef struct {
  uint32_t offset;
  uint32_t bytes;
} td_model_span;

extern const td_model_span td_model_inputs[TD_MODEL_INPUT_COUNT];
extern const td_model_span td_model_outputs[TD_MODEL_OUTPUT_COUNT];

void td_model_invoke(void *arena);
void td_model_run_layer(void *arena, uint32_t layer);

#endif
