/* The firmware: says who it is, then lets the host feed and measure the model. */
#include "model.h"
#include "tdrt_build.h"
#include "tdrt_frame.h"
#include "tdrt_hal.h"
#include "tdrt_measure.h"
#include "tdrt_server.h"
#include "tdrt_wire.h"

_Noreturn void tdrt_fault(const char *kind, uintptr_t pc, uintptr_t detail) {
  tdrt_uart_put(0);
  tdrt_text_send(TDRT_FAULT_START);
  tdrt_text_send(kind);
  tdrt_text_send(" at ");
  tdrt_hex_send((uint32_t)pc);
  tdrt_text_send(", detail ");
  tdrt_hex_send((uint32_t)detail);
  tdrt_text_send("\r\n");
  tdrt_uart_put(0);
  tdrt_exit(3);
}

_Noreturn void tdrt_main(void) {
  tdrt_uart_init();
  /* A zero byte on both sides keeps the banner apart from frames. */
  tdrt_uart_put(0);
  tdrt_text_send("\r\n" TDRT_BANNER_START TD_MODEL_NAME " on " TDRT_BOARD
                 ", protocol " TDRT_PROTOCOL_TEXT ", firmware " TDRT_FIRMWARE_DIGEST
                 "\r\nThis line is shared with a program: run `tinydeploy` to talk to it.\r\n");
  tdrt_uart_put(0);
  tdrt_measure_init();
  tdrt_serve();
}
