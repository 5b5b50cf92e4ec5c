/* 1x1 convolution. Constants: DEPTH (input channels), REACH (see td_dot_2x4), ROWS, PIXELS (in a
 * row), PIXEL_STEP and ROW_STEP (bytes, the latter from one row's end to the next row), those of
 * td_mve.inc, and TD_FUNCTION. */
/* clang-format off */
#include "td_mve.inc"

#define FRAME_BYTES 56

.macro td_window
        td_dot_2x4 DEPTH, REACH, 1
.endm

        td_function TD_FUNCTION, FRAME_BYTES
        td_prepare_2x4
        td_select_lanes DEPTH
        movw r0, #ROWS
5:
        str r0, [sp, #FRAME_ROWS]
        td_row_2x4 PIXELS, PIXEL_STEP, DEPTH
        td_add FIRST, ROW_STEP
        ldr r0, [sp, #FRAME_ROWS]
        subs r0, #1
        bne 5b
        td_return TD_FUNCTION, FRAME_BYTES
