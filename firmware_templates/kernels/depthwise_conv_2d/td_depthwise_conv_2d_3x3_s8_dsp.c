#include "td_depthwise_conv_2d_3x3_s8_dsp.h"

#include <string.h>

#define GROUP 4
#define ROWS 3
#define LARGEST_BLOCK 6

/* Words of a group: biases, scaled; multipliers; weights as bytes, [9][GROUP]; then constants of
 * the floor form. Without these, the biases have 27 bits, and shifts above them. */
#define GROUP_MULTIPLIERS 4
#define GROUP_WEIGHTS 8
#define GROUP_CONSTANTS 17
#define SHIFT_BITS 5

static int32_t lanes(int32_t low, int32_t high) {
  return (int32_t)(((uint32_t)low & 0xffffu) | (uint32_t)high << 16);
}

/* Weights of columns (0, 1) and (1, 2) of a row. */
typedef struct {
  int32_t left, right;
} weights_row;

static weights_row row_of(const int8_t *weights, int32_t scale_bits) {
  const int32_t scale = 1 << scale_bits;
  const int32_t middle = weights[GROUP] * scale;
  const weights_row row = {lanes(weights[0] * scale, middle),
                           lanes(middle, weights[2 * GROUP] * scale)};
  return row;
}

static void store_rows(td_depthwise_channel *entry, weights_row first, weights_row second,
                       weights_row third) {
  entry->weights[0][0] = first.left;
  entry->weights[0][1] = first.right;
  entry->weights[1][0] = second.left;
  entry->weights[1][1] = second.right;
  entry->weights[2][0] = third.left;
  entry->weights[2][1] = third.right;
}

/* Three rotations of a group's table: rotation r is for windows whose first row is in row r of the
 * ring. */
static void unpack(const td_depthwise_conv_2d_3x3_s8_dsp_params *p, const int32_t *group,
                   td_depthwise_channel *table) {
  const int32_t scale_bits = p->scale_bits;
  for (int32_t channel = 0; channel < GROUP; ++channel, ++table) {
    const int8_t *weights = (const int8_t *)(group + GROUP_WEIGHTS) + channel;
    const weights_row first = row_of(weights, scale_bits);
    const weights_row second = row_of(weights + ROWS * GROUP, scale_bits);
    const weights_row third = row_of(weights + 2 * ROWS * GROUP, scale_bits);
    store_rows(table, first, second, third);
    store_rows(table + GROUP, third, first, second);
    store_rows(table + 2 * GROUP, second, third, first);
    const uint32_t word = (uint32_t)group[channel];
    int32_t bias = group[channel], constant = 0, shift = 0;
    if (p->rounding) {
      shift = (int32_t)(word >> (32 - SHIFT_BITS));
      bias = (int32_t)(word << SHIFT_BITS) >> SHIFT_BITS;
      constant = (int32_t)((uint32_t)p->rounding << (shift - 1));
    } else {
      constant = group[GROUP_CONSTANTS + channel];
    }
    for (int32_t rotation = 0; rotation < ROWS; ++rotation) {
      td_depthwise_channel *entry = table + GROUP * rotation;
      entry->bias = bias;
      entry->multiplier = group[GROUP_MULTIPLIERS + channel];
      entry->constant = constant;
      entry->shift = shift;
    }
  }
}

static void fill(int32_t *words, int32_t count, int32_t value) {
  for (int32_t i = 0; i < count; ++i) {
    words[i] = value;
  }
}

/* The padding of one byte in each lane. */
static int32_t padding_of(const td_depthwise_conv_2d_3x3_s8_dsp_params *p) {
  const int32_t zero_point = (int8_t)p->columns.zero_points;
  return lanes(zero_point, zero_point);
}

/* A row of padding, into a row of the ring. Rare: not worth registers of the loop around it. */
static __attribute__((noinline)) void fill_row(const td_depthwise_conv_2d_3x3_s8_dsp_params *p,
                                               int32_t *place) {
  const int32_t block_words = ROWS * p->row_words;
  for (int32_t words = p->ring_words; words > 0; words -= block_words, place += block_words) {
    fill(place, p->row_words, padding_of(p));
  }
}

/* The last block of a row, which has outputs that are beyond it. */
static __attribute__((noinline)) void compute_rest(const td_depthwise_conv_2d_3x3_s8_dsp_params *p,
                                                   const int32_t *ring,
                                                   const td_depthwise_channel *table,
                                                   int8_t *output) {
  int8_t outputs[LARGEST_BLOCK * GROUP];
  const int32_t block_words = ROWS * p->row_words;
  const td_depthwise_row last = {1, p->columns.plane_bytes - block_words * 4, GROUP};
  p->row(ring + p->blocks.blocks * block_words, outputs, table, &last);
  output += p->blocks.blocks * p->block_outputs * p->channels;
  for (int32_t i = 0; i < p->rest; ++i) {
    memcpy(output + i * p->channels, outputs + i * GROUP, GROUP);
  }
}

static void compute_group(const td_depthwise_conv_2d_3x3_s8_dsp_params *p, const int8_t *input,
                          int8_t *output, const td_depthwise_channel *table, int32_t *ring) {
  const td_depthwise_channel *rotated = table;
  const int32_t rotation = GROUP * p->stride_height;
  int32_t row = -p->padding_top; /* that is read next, and where it goes in the ring */
  int32_t *place = ring;
  int32_t *const last_place = ring + (ROWS - 1) * p->row_words;
  int32_t missing = ROWS;
  const int8_t *const end = output + p->output_height * p->output_bytes;
  while (output != end) {
    do {
      if ((uint32_t)row < (uint32_t)p->input_height) {
        p->pack(input + row * p->row_bytes, place, &p->columns);
      } else {
        fill_row(p, place);
      }
      ++row;
      place = place == last_place ? ring : place + p->row_words;
    } while (--missing);
    missing = p->stride_height;
    if (p->blocks.blocks) {
      p->row(ring, output, rotated, &p->blocks);
    }
    if (p->rest) {
      compute_rest(p, ring, rotated, output);
    }
    output += p->output_bytes;
    rotated += rotation;
    rotated = rotated >= table + ROWS * GROUP ? rotated - ROWS * GROUP : rotated;
  }
}

void td_depthwise_conv_2d_3x3_s8_dsp(const td_depthwise_conv_2d_3x3_s8_dsp_params *p,
                                     const int8_t *input, int8_t *output, int32_t *scratch) {
  td_depthwise_channel *table = (td_depthwise_channel *)scratch;
  int32_t *ring = (int32_t *)(table + ROWS * GROUP);
  /* Padding at the ends of rows is never written again. */
  fill(ring, p->ring_words, padding_of(p));
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    const int32_t *group = p->groups;
    for (int32_t channel = 0; channel < p->channels; channel += GROUP) {
      /* Where the channels are no multiple of four, the last group overlaps the one before it. */
      const int32_t last = p->channels - GROUP;
      const int32_t first = channel < last ? channel : last;
      unpack(p, group, table);
      compute_group(p, input + first, output + first, table, ring);
      group += p->group_words;
    }
    input += p->input_height * p->row_bytes;
    output += p->output_height * p->output_bytes;
  }
}
