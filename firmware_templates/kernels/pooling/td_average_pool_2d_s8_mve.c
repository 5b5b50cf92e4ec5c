#include "td_average_pool_2d_s8_mve.h"

#include <arm_mve.h>

#include "td_window.h"

#define LANES 8u
#define FRACTION_BITS 24

/* n / count for n below 2^15, by a reciprocal that is rounded up. It is too large by less than
 * 2^-24, the quotient by less than 2^-9, and so never reaches the next multiple of 1 / count. */
static uint32x4_t divide(uint32x4_t n, uint32_t reciprocal) {
  return vmulhq_u32(vshlq_n_u32(n, 32 - FRACTION_BITS), vdupq_n_u32(reciprocal));
}

/* sum / count, rounded to nearest, ties away from zero. */
static int16x8_t mean(int16x8_t sum, int32_t count) {
  const uint32_t reciprocal = ((1u << FRACTION_BITS) + (uint32_t)count - 1u) / (uint32_t)count;
  const uint16x8_t magnitude =
      vaddq_n_u16(vreinterpretq_u16_s16(vabsq_s16(sum)), (uint16_t)(count / 2));
  uint16x8_t quotient = vmovnbq_u32(vdupq_n_u16(0), divide(vmovlbq_u16(magnitude), reciprocal));
  quotient = vmovntq_u32(quotient, divide(vmovltq_u16(magnitude), reciprocal));
  const int16x8_t positive = vreinterpretq_s16_u16(quotient);
  return vnegq_m_s16(positive, positive, vcmpltq_n_s16(sum, 0));
}

/* One output pixel: the window is `height` rows of `width` pixels at `window`. */
static void pool(const td_average_pool_2d_s8_mve_params *p, const int8_t *window, int32_t height,
                 int32_t width, int8_t *output) {
  const int32_t row_bytes = p->input_width * p->channels;
  for (int32_t c = 0; c < p->channels; c += (int32_t)LANES) {
    const mve_pred16_t lanes = vctp16q((uint32_t)(p->channels - c));
    int16x8_t sum = vdupq_n_s16(0);
    for (int32_t y = 0; y < height; ++y) {
      const int8_t *pixel = window + y * row_bytes + c;
      for (int32_t x = 0; x < width; ++x, pixel += p->channels) {
        sum = vaddq_s16(sum, vldrbq_z_s16(pixel, lanes));
      }
    }
    int16x8_t result = mean(sum, height * width);
    result = vmaxq_s16(result, vdupq_n_s16((int16_t)p->output_minimum));
    result = vminq_s16(result, vdupq_n_s16((int16_t)p->output_maximum));
    vstrbq_p_s16(output + c, result, lanes);
  }
}

void td_average_pool_2d_s8_mve(const td_average_pool_2d_s8_mve_params *p, const int8_t *input,
                               int8_t *output) {
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      const int32_t row = y * p->stride_height - p->padding_top;
      const int32_t top = td_window_start(row);
      const int32_t bottom = td_window_end(row, p->kernel_height, p->input_height);
      for (int32_t x = 0; x < p->output_width; ++x, output += p->channels) {
        const int32_t column = x * p->stride_width - p->padding_left;
        const int32_t left = td_window_start(column);
        const int32_t right = td_window_end(column, p->kernel_width, p->input_width);
        pool(p, input + (top * p->input_width + left) * p->channels, bottom - top, right - left,
             output);
      }
    }
    input += p->input_height * p->input_width * p->channels;
  }
}
