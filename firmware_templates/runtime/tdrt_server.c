#include "tdrt_server.h"

#include <stdbool.h>
#include <string.h>

#include "model.h"
#include "tdrt_build.h"
#include "tdrt_frame.h"
#include "tdrt_hal.h"
#include "tdrt_measure.h"
#include "tdrt_spin.h"
#include "tdrt_wire.h"

/* The largest request or reply around TDRT_PAYLOAD_BYTES of tensor data: 8 bytes of its own. */
#define BODY_BYTES (8u + TDRT_PAYLOAD_BYTES)
#define REPLY_BYTES (1u + (BODY_BYTES > TDRT_INFO_BYTES ? BODY_BYTES : (uint32_t)TDRT_INFO_BYTES))

/* The arena between two guards, which no inference may touch. Linker scripts place it by its name.
 */
#define GUARD_BYTES 16u
#define GUARD 0xA6u
static uint8_t guarded_arena[GUARD_BYTES + TD_MODEL_ARENA_BYTES + GUARD_BYTES]
    __attribute__((aligned(16)));
static uint8_t *const arena = guarded_arena + GUARD_BYTES;
static uint64_t layer_ticks[TD_MODEL_LAYER_COUNT > 0 ? TD_MODEL_LAYER_COUNT : 1];
static bool has_layer_ticks;

/* Variables, so that comparing with a count of 0 is no comparison that is always false. */
static const uint32_t layer_count = TD_MODEL_LAYER_COUNT;

static uint8_t request[TDRT_HEADER_BYTES + BODY_BYTES + TDRT_CRC_BYTES];
static uint8_t reply[TDRT_HEADER_BYTES + REPLY_BYTES + TDRT_CRC_BYTES];
static uint32_t reply_count; /* 0: nothing was answered in this session yet */
static uint16_t session;     /* 0: none since the last reset */

/* A handler gets a request's payload and writes its reply's payload after the status byte. */
typedef struct {
  uint8_t status;
  uint32_t count;
} answer;

static answer failure(uint8_t status) {
  answer result = {status, 0};
  return result;
}

static answer success(const uint8_t *start, const uint8_t *end) {
  answer result = {TDRT_STATUS_OK, (uint32_t)(end - start)};
  return result;
}

static answer hello(uint8_t *to) {
  const tdrt_info info = {
      .protocol_version = TDRT_PROTOCOL_VERSION,
      .payload_bytes = TDRT_PAYLOAD_BYTES,
      .board = TDRT_BOARD,
      .firmware_digest = TDRT_FIRMWARE_DIGEST,
      .model_digest = TD_MODEL_DIGEST,
      .arena_bytes = TD_MODEL_ARENA_BYTES,
      .static_bytes = tdrt_static_bytes(),
      .stack_reserved_bytes = tdrt_stack_reserved_bytes(),
      .layer_count = layer_count,
      .input_count = TD_MODEL_INPUT_COUNT,
      .output_count = TD_MODEL_OUTPUT_COUNT,
      .counter_hz = TDRT_COUNTER_HZ,
      .counter_overhead_ticks = tdrt_measure_overhead_ticks(),
  };
  return success(to, tdrt_put_info(to, &info));
}

static bool inside(const td_model_span *span, uint32_t offset, uint32_t count) {
  return offset <= span->bytes && count <= span->bytes - offset;
}

static answer write_input(const uint8_t *payload, uint32_t count) {
  const tdrt_request_write_input asked = tdrt_get_request_write_input(payload);
  const uint32_t data_count = count - TDRT_REQUEST_WRITE_INPUT_BYTES;
  if (asked.index >= TD_MODEL_INPUT_COUNT) {
    return failure(TDRT_STATUS_BAD_INDEX);
  }
  const td_model_span *span = &td_model_inputs[asked.index];
  if (!inside(span, asked.offset, data_count)) {
    return failure(TDRT_STATUS_BAD_RANGE);
  }
  memcpy(arena + span->offset + asked.offset, payload + TDRT_REQUEST_WRITE_INPUT_BYTES, data_count);
  return success(payload, payload);
}

static uint32_t crc_of(const td_model_span *spans, uint32_t count) {
  uint32_t crc = 0;
  for (uint32_t i = 0; i < count; ++i) {
    crc = tdrt_crc32(crc, arena + spans[i].offset, spans[i].bytes);
  }
  return crc;
}

static void invoke_model(uint32_t argument) {
  (void)argument;
  td_model_invoke(arena);
}

static void run_layer(uint32_t layer) { td_model_run_layer(arena, layer); }

static tdrt_measurement measure_layers(void) {
  tdrt_measurement all = {0, 0, false};
  for (uint32_t layer = 0; layer < layer_count; ++layer) {
    const tdrt_measurement one = tdrt_measure(run_layer, layer);
    layer_ticks[layer] = one.ticks;
    all.ticks += one.ticks;
    all.stack_bytes = one.stack_bytes > all.stack_bytes ? one.stack_bytes : all.stack_bytes;
    all.stack_overflow = all.stack_overflow || one.stack_overflow;
  }
  has_layer_ticks = true;
  return all;
}

static void set_guards(void) {
  memset(guarded_arena, GUARD, GUARD_BYTES);
  memset(arena + TD_MODEL_ARENA_BYTES, GUARD, GUARD_BYTES);
}

static bool guards_are_whole(void) {
  for (uint32_t i = 0; i < GUARD_BYTES; ++i) {
    if (guarded_arena[i] != GUARD || arena[TD_MODEL_ARENA_BYTES + i] != GUARD) {
      return false;
    }
  }
  return true;
}

static answer invoke(const uint8_t *payload, uint8_t *to) {
  const tdrt_request_invoke asked = tdrt_get_request_invoke(payload);
  if (crc_of(td_model_inputs, TD_MODEL_INPUT_COUNT) != asked.inputs_crc) {
    return failure(TDRT_STATUS_INPUTS_DAMAGED);
  }
  const bool per_layer = (asked.flags & TDRT_INVOKE_PER_LAYER) != 0;
  set_guards();
  const tdrt_measurement measured = per_layer ? measure_layers() : tdrt_measure(invoke_model, 0);
  if (measured.stack_overflow) {
    return failure(TDRT_STATUS_STACK_OVERFLOW);
  }
  if (!guards_are_whole()) {
    return failure(TDRT_STATUS_ARENA_OVERRUN);
  }
  const tdrt_invocation invocation = {
      .ticks = measured.ticks,
      .stack_bytes = measured.stack_bytes,
      .outputs_crc = crc_of(td_model_outputs, TD_MODEL_OUTPUT_COUNT),
  };
  return success(to, tdrt_put_invocation(to, &invocation));
}

static answer read_output(const uint8_t *payload, uint8_t *to) {
  const tdrt_request_read_output asked = tdrt_get_request_read_output(payload);
  if (asked.index >= TD_MODEL_OUTPUT_COUNT) {
    return failure(TDRT_STATUS_BAD_INDEX);
  }
  const td_model_span *span = &td_model_outputs[asked.index];
  if (asked.count > TDRT_PAYLOAD_BYTES || asked.offset > span->bytes) {
    return failure(TDRT_STATUS_BAD_RANGE);
  }
  const uint32_t rest = span->bytes - asked.offset;
  const uint32_t count = asked.count < rest ? asked.count : rest;
  memcpy(to, arena + span->offset + asked.offset, count);
  return success(to, to + count);
}

static answer read_layers(const uint8_t *payload, uint8_t *to) {
  const tdrt_request_read_layers asked = tdrt_get_request_read_layers(payload);
  if (!has_layer_ticks) {
    return failure(TDRT_STATUS_NO_LAYERS);
  }
  if (asked.count > TDRT_PAYLOAD_BYTES / TDRT_LAYER_TICKS_BYTES || asked.first > layer_count ||
      asked.count > layer_count - asked.first) {
    return failure(TDRT_STATUS_BAD_RANGE);
  }
  uint8_t *end = to;
  for (uint32_t i = 0; i < asked.count; ++i) {
    end = tdrt_put_u64(end, layer_ticks[asked.first + i]);
  }
  return success(to, end);
}

static answer run_one_layer(const uint8_t *payload) {
  const tdrt_request_run_layer asked = tdrt_get_request_run_layer(payload);
  if (asked.layer >= layer_count) {
    return failure(TDRT_STATUS_BAD_INDEX);
  }
  run_layer(asked.layer);
  return success(payload, payload);
}

static bool inside_arena(uint32_t offset, uint32_t count) {
  const td_model_span whole = {0, TD_MODEL_ARENA_BYTES};
  return inside(&whole, offset, count);
}

static answer arena_crc(const uint8_t *payload, uint8_t *to) {
  const tdrt_request_arena_crc asked = tdrt_get_request_arena_crc(payload);
  if (!inside_arena(asked.offset, asked.count)) {
    return failure(TDRT_STATUS_BAD_RANGE);
  }
  const tdrt_crc crc = {.crc = tdrt_crc32(0, arena + asked.offset, asked.count)};
  return success(to, tdrt_put_crc(to, &crc));
}

static answer read_arena(const uint8_t *payload, uint8_t *to) {
  const tdrt_request_read_arena asked = tdrt_get_request_read_arena(payload);
  if (asked.count > TDRT_PAYLOAD_BYTES || !inside_arena(asked.offset, asked.count)) {
    return failure(TDRT_STATUS_BAD_RANGE);
  }
  memcpy(to, arena + asked.offset, asked.count);
  return success(to, to + asked.count);
}

static answer spin(const uint8_t *payload, uint8_t *to) {
  const tdrt_request_spin asked = tdrt_get_request_spin(payload);
  const tdrt_ticks ticks = {.ticks = tdrt_measure(tdrt_spin, asked.loops).ticks};
  return success(to, tdrt_put_ticks(to, &ticks));
}

/* Checks the length before a handler reads the payload. */
static bool length_fits(uint8_t type, uint32_t count) {
  switch (type) {
  case TDRT_REQUEST_HELLO:
    return count == TDRT_REQUEST_HELLO_BYTES;
  case TDRT_REQUEST_WRITE_INPUT:
    return count >= TDRT_REQUEST_WRITE_INPUT_BYTES;
  case TDRT_REQUEST_INVOKE:
    return count == TDRT_REQUEST_INVOKE_BYTES;
  case TDRT_REQUEST_READ_OUTPUT:
    return count == TDRT_REQUEST_READ_OUTPUT_BYTES;
  case TDRT_REQUEST_READ_LAYERS:
    return count == TDRT_REQUEST_READ_LAYERS_BYTES;
  case TDRT_REQUEST_RUN_LAYER:
    return count == TDRT_REQUEST_RUN_LAYER_BYTES;
  case TDRT_REQUEST_ARENA_CRC:
    return count == TDRT_REQUEST_ARENA_CRC_BYTES;
  case TDRT_REQUEST_READ_ARENA:
    return count == TDRT_REQUEST_READ_ARENA_BYTES;
  case TDRT_REQUEST_SPIN:
    return count == TDRT_REQUEST_SPIN_BYTES;
  default:
    return true;
  }
}

static answer handle(uint8_t type, const uint8_t *payload, uint32_t count, uint8_t *to) {
  if (!length_fits(type, count)) {
    return failure(TDRT_STATUS_BAD_LENGTH);
  }
  switch (type) {
  case TDRT_REQUEST_HELLO:
    return hello(to);
  case TDRT_REQUEST_WRITE_INPUT:
    return write_input(payload, count);
  case TDRT_REQUEST_INVOKE:
    return invoke(payload, to);
  case TDRT_REQUEST_READ_OUTPUT:
    return read_output(payload, to);
  case TDRT_REQUEST_READ_LAYERS:
    return read_layers(payload, to);
  case TDRT_REQUEST_RUN_LAYER:
    return run_one_layer(payload);
  case TDRT_REQUEST_ARENA_CRC:
    return arena_crc(payload, to);
  case TDRT_REQUEST_READ_ARENA:
    return read_arena(payload, to);
  case TDRT_REQUEST_SPIN:
    return spin(payload, to);
  default:
    return failure(TDRT_STATUS_UNKNOWN_REQUEST);
  }
}

static void send_reply(uint8_t type, uint16_t sequence, answer result) {
  uint8_t *to = tdrt_put_u8(reply, (uint8_t)(type | TDRT_REPLY_BIT));
  to = tdrt_put_u16(to, session);
  to = tdrt_put_u16(to, sequence);
  to = tdrt_put_u8(to, result.status);
  reply_count = (uint32_t)(to - reply) + result.count;
  tdrt_frame_send(reply, reply_count);
}

static void answer_request(uint32_t count) {
  const uint8_t type = tdrt_get_u8(request);
  const uint16_t asked_session = tdrt_get_u16(request + 1);
  const uint16_t sequence = tdrt_get_u16(request + 3);
  if (type == TDRT_REQUEST_HELLO) {
    session = asked_session;
    reply_count = 0;
    has_layer_ticks = false;
  }
  if (session == 0 || asked_session != session) {
    send_reply(type, sequence, failure(TDRT_STATUS_NO_SESSION));
    reply_count = 0;
    return;
  }
  /* The host repeats a request when it has not seen the reply: do not do the work twice. */
  if (reply_count != 0 && tdrt_get_u16(reply + 3) == sequence &&
      reply[0] == (type | TDRT_REPLY_BIT)) {
    tdrt_frame_send(reply, reply_count);
    return;
  }
  send_reply(type, sequence,
             handle(type, request + TDRT_HEADER_BYTES, count - TDRT_HEADER_BYTES,
                    reply + TDRT_HEADER_BYTES + 1));
}

static void send_bad_frame(void) {
  uint8_t frame[TDRT_HEADER_BYTES + 1 + TDRT_CRC_BYTES];
  uint8_t *to = tdrt_put_u8(frame, TDRT_REPLY_BIT);
  to = tdrt_put_u16(to, session);
  to = tdrt_put_u16(to, 0);
  to = tdrt_put_u8(to, TDRT_STATUS_BAD_FRAME);
  tdrt_frame_send(frame, (uint32_t)(to - frame));
}

_Noreturn void tdrt_serve(void) {
  for (;;) {
    const uint32_t count = tdrt_frame_receive(request, sizeof request);
    if (count == 0) {
      send_bad_frame();
    } else {
      answer_request(count);
    }
  }
}
