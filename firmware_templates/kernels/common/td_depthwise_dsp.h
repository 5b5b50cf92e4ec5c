/* Depthwise 3x3 kernels for the Arm DSP extension: what they share.
 *
 * Four channels at a time. Their rows are widened into a ring of three rows: for each channel, for
 * each block of outputs, for each of the three rows, the words of two columns that the block needs.
 * So one pointer runs through all words of a channel. Which row of the window a row of the ring is
 * changes with each output row: the table of weights comes in three rotations.
 */
#ifndef TD_DEPTHWISE_DSP_H
#define TD_DEPTHWISE_DSP_H

#include <stdint.h>

/* Four channels' worth of one of them: weights of columns (0, 1) and (1, 2) in 16-bit lanes. */
typedef struct {
  int32_t weights[3][2]; /* for each row of the ring */
  int32_t bias;
  int32_t multiplier;
  int32_t constant;
  int32_t shift;
} td_depthwise_channel;

typedef struct {
  int32_t blocks;
  int32_t skipped_bytes; /* of the ring, after a channel's blocks */
  int32_t outputs;       /* bytes from an output to the next */
} td_depthwise_row;

/* `ring` starts with the first block's words; `channels` are four. */
typedef void td_depthwise_row_fn(const int32_t *ring, int8_t *output,
                                 const td_depthwise_channel *channels, const td_depthwise_row *row);

typedef struct {
  int32_t column_bytes; /* from a column of the input to the next */
  int32_t plane_bytes;  /* of the ring, for one channel */
  int32_t is_padded;    /* the first word's first column is padding */
  int32_t block_words;  /* words after the first that fill blocks but the last: whole blocks */
  int32_t last_words;   /* and those of the last block that have two columns */
  int32_t is_odd;       /* a last word has one column, then padding */
  int32_t zero_points;  /* four bytes of padding */
} td_depthwise_pack;

/* Widens a row of four channels into one row of the ring. */
typedef void td_depthwise_pack_fn(const int8_t *input, int32_t *ring, const td_depthwise_pack *p);

#endif
