#include "td_depthwise_conv_2d_3x3_s8_dsp.h"

#include <string.h>

#define GROUP 4
#define ROWS 3
#define LARGEST_BLOCK 6

/* Words of a group: biases, scaled; multipliers; weights as bytes, [9][GROUP]; then constants of
 * the floor form, or shifts as bytes. */
#define GROUP_MULTIPLIERS 4
#define GROUP_WEIGHTS 8
#define GROUP_LAST 17

static int32_t lanes(int32_t low, int32_t high) {
  return (int32_t)(((uint32_t)low & 0xffffu) | (uint32_t)high << 16);
}

/* Three rotations of a group's table: rotation r is for windows whose first row is in row r of the
 * ring. */
static void unpack(const td_depthwise_conv_2d_3x3_s8_dsp_params *p, const int32_t *group,
                   td_depthwise_channel *table) {
  const int32_t scale = 1 << p->scale_bits;
  for (int32_t channel = 0; channel < GROUP; ++channel, ++table) {
    const int8_t *weights = (const int8_t *)(group + GROUP_WEIGHTS) + channel;
    const int32_t shift = ((const int8_t *)(group + GROUP_LAST))[channel];
    const int32_t constant =
        p->rounding ? (int32_t)((uint32_t)p->rounding << (shift - 1)) : group[GROUP_LAST + channel];
    for (int32_t row = 0; row < ROWS; ++row, weights += ROWS * GROUP) {
      const int32_t first = weights[0] * scale;
      const int32_t second = weights[GROUP] * scale;
      const int32_t third = weights[2 * GROUP] * scale;
      const int32_t left = lanes(first, second), right = lanes(second, third);
      int32_t place = row;
      for (int32_t rotation = 0; rotation < ROWS; ++rotation) {
        td_depthwise_channel *entry = table + GROUP * rotation;
        entry->weights[place][0] = left;
        entry->weights[place][1] = right;
        place = place == ROWS - 1 ? 0 : place + 1;
      }
      td_depthwise_channel *entry = table + GROUP * row;
      entry->bias = group[channel];
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

/* A row of the image, or of padding, into row `place` of the ring. */
static void load_row(const td_depthwise_conv_2d_3x3_s8_dsp_params *p, const int8_t *input,
                     int32_t row, int32_t *ring, int32_t place) {
  if (row >= 0 && row < p->input_height) {
    p->pack(input + row * p->input_width * p->channels, ring + place * p->row_words, &p->columns);
    return;
  }
  for (int32_t word = place * p->row_words; word < p->ring_words; word += ROWS * p->row_words) {
    fill(ring + word, p->row_words, padding_of(p));
  }
}

static void compute_row(const td_depthwise_conv_2d_3x3_s8_dsp_params *p, const int32_t *ring,
                        const td_depthwise_channel *table, int8_t *output) {
  if (p->blocks.blocks) {
    p->row(ring, output, table, &p->blocks);
  }
  if (p->rest) {
    /* The last block has outputs that are beyond the row. */
    int8_t outputs[LARGEST_BLOCK * GROUP];
    const int32_t block_words = ROWS * p->row_words;
    const td_depthwise_row last = {1, p->columns.plane_bytes - block_words * 4, GROUP};
    p->row(ring + p->blocks.blocks * block_words, outputs, table, &last);
    output += p->blocks.blocks * p->block_outputs * p->channels;
    for (int32_t i = 0; i < p->rest; ++i) {
      memcpy(output + i * p->channels, outputs + i * GROUP, GROUP);
    }
  }
}

static void compute_group(const td_depthwise_conv_2d_3x3_s8_dsp_params *p, const int8_t *input,
                          int8_t *output, const td_depthwise_channel *table, int32_t *ring) {
  int32_t loaded = 0, place = 0, rotation = 0;
  for (int32_t y = 0; y < p->output_height; ++y) {
    for (; loaded < y * p->stride_height + ROWS; ++loaded) {
      load_row(p, input, loaded - p->padding_top, ring, place);
      place = place == ROWS - 1 ? 0 : place + 1;
    }
    compute_row(p, ring, table + GROUP * rotation, output);
    output += p->output_width * p->channels;
    rotation += p->stride_height;
    rotation = rotation >= ROWS ? rotation - ROWS : rotation;
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
    input += p->input_height * p->input_width * p->channels;
    output += p->output_height * p->output_width * p->channels;
  }
}
