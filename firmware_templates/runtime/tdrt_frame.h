/* Frames on the serial line: header, payload and CRC-32, COBS-encoded, closed by a zero byte. */
#ifndef TDRT_FRAME_H
#define TDRT_FRAME_H

#include <stdint.h>

/* CRC-32 as in zlib: continue with the last result, start with 0. */
uint32_t tdrt_crc32(uint32_t crc, const uint8_t *bytes, uint32_t count);

/* Waits for the next frame and decodes it into `frame`. Returns the number of bytes without the
 * CRC, or 0 if the frame was damaged, too long or no frame. Empty frames are skipped. */
uint32_t tdrt_frame_receive(uint8_t *frame, uint32_t capacity);

/* Appends the CRC (so `frame` has room for 4 more bytes) and sends. */
void tdrt_frame_send(uint8_t *frame, uint32_t count);

/* Sends text that a person can read, without a line end. */
void tdrt_text_send(const char *text);
void tdrt_hex_send(uint32_t value);

#endif
