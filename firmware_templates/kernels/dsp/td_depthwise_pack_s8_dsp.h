#ifndef TD_DEPTHWISE_PACK_S8_DSP_H
#define TD_DEPTHWISE_PACK_S8_DSP_H

#include "td_depthwise_dsp.h"

/* Constant: TD_STEP, the words from a block to the next. */
typedef td_depthwise_pack_fn td_depthwise_pack_s8_dsp_fn;

#endif
