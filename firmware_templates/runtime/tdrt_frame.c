#include "tdrt_frame.h"

#include <stdbool.h>

#include "tdrt_hal.h"
#include "tdrt_wire.h"

#define COBS_LONGEST_RUN 0xFFu

uint32_t tdrt_crc32(uint32_t crc, const uint8_t *bytes, uint32_t count) {
  /* Four bits at a time: a table of 16 words is small enough for every board. */
  static const uint32_t table[16] = {
      0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
      0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
      0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
  };
  crc = ~crc;
  for (uint32_t i = 0; i < count; ++i) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ table[crc & 15u];
    crc = (crc >> 4) ^ table[crc & 15u];
  }
  return ~crc;
}

/* Decodes up to the closing zero byte. Returns the decoded length; a frame that is damaged or
 * does not fit is read to its end, too, and yields `capacity` + 1. */
static uint32_t receive_cobs(uint8_t *frame, uint32_t capacity) {
  uint32_t count = 0;
  uint32_t left = 0;      /* bytes until the next code byte */
  bool owes_zero = false; /* the run before stood for a zero byte as well */
  bool fits = true;
  for (;;) {
    uint8_t byte = tdrt_uart_get();
    if (byte == 0) {
      return (fits && left == 0) ? count : capacity + 1;
    }
    if (left != 0) {
      --left;
    } else {
      bool zero = owes_zero;
      left = byte - 1u;
      owes_zero = byte != COBS_LONGEST_RUN;
      if (!zero) {
        continue;
      }
      byte = 0;
    }
    if (count < capacity) {
      frame[count++] = byte;
    } else {
      fits = false;
    }
  }
}

uint32_t tdrt_frame_receive(uint8_t *frame, uint32_t capacity) {
  uint32_t count;
  do {
    count = receive_cobs(frame, capacity);
  } while (count == 0);
  if (count > capacity || count < TDRT_HEADER_BYTES + TDRT_CRC_BYTES) {
    return 0;
  }
  count -= TDRT_CRC_BYTES;
  return tdrt_get_u32(frame + count) == tdrt_crc32(0, frame, count) ? count : 0;
}

static void send_cobs(const uint8_t *frame, uint32_t count) {
  uint32_t start = 0;
  for (;;) {
    uint32_t end = start;
    while (end < count && frame[end] != 0 && end - start < COBS_LONGEST_RUN - 1u) {
      ++end;
    }
    tdrt_uart_put((uint8_t)(end - start + 1u));
    for (uint32_t i = start; i < end; ++i) {
      tdrt_uart_put(frame[i]);
    }
    if (end == count) {
      break;
    }
    start = end - start == COBS_LONGEST_RUN - 1u ? end : end + 1u;
  }
  tdrt_uart_put(0);
}

void tdrt_frame_send(uint8_t *frame, uint32_t count) {
  tdrt_put_u32(frame + count, tdrt_crc32(0, frame, count));
  send_cobs(frame, count + TDRT_CRC_BYTES);
}

void tdrt_text_send(const char *text) {
  for (; *text != 0; ++text) {
    tdrt_uart_put((uint8_t)*text);
  }
}

void tdrt_hex_send(uint32_t value) {
  tdrt_text_send("0x");
  for (uint32_t shift = 32; shift != 0;) {
    shift -= 4;
    tdrt_uart_put((uint8_t)"0123456789abcdef"[(value >> shift) & 15u]);
  }
}
