/* Any board of Zephyr (3.2 or newer): the UART of its console, by interrupt, and its best clock. */
#include <zephyr/device.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/kernel.h>
#include <zephyr/timing/timing.h>

#include "tdrt_hal.h"

/* Of the host's frames, one is under way at a time: header, CRC and framing fit as well. */
#define RECEIVED_BYTES (TDRT_PAYLOAD_BYTES + 64u)

static const struct device *const uart = DEVICE_DT_GET(DT_CHOSEN(zephyr_console));
K_THREAD_STACK_DEFINE(tdrt_stack, TDRT_STACK_BYTES);
K_MSGQ_DEFINE(received, 1, RECEIVED_BYTES, 1);
static struct k_thread thread;
static timing_t start;
static int64_t start_ms;

static void receive(const struct device *device, void *data) {
  (void)data;
  uint8_t byte;
  while (uart_irq_update(device) && uart_irq_rx_ready(device) &&
         uart_fifo_read(device, &byte, 1) == 1) {
    (void)k_msgq_put(&received, &byte, K_NO_WAIT);
  }
}

void tdrt_uart_init(void) {
  (void)uart_irq_callback_user_data_set(uart, receive, NULL);
  uart_irq_rx_enable(uart);
}

uint8_t tdrt_uart_get(void) {
  uint8_t byte = 0;
  while (k_msgq_get(&received, &byte, K_FOREVER) != 0) {
  }
  return byte;
}

void tdrt_uart_put(uint8_t byte) { uart_poll_out(uart, byte); }

void tdrt_counter_init(void) {
  timing_init();
  timing_start();
}

void tdrt_counter_restart(void) {
  start_ms = k_uptime_get();
  start = timing_counter_get();
}

/* Many counters have 32 bits, and timing_cycles_get() is wrong where one went around on the way
 * (a Cortex-M at 600 MHz: every 7 s); the uptime tells how often it did. */
uint64_t tdrt_counter_read(void) {
  const uint32_t cycles = (uint32_t)timing_counter_get() - (uint32_t)start;
  const uint64_t about = (uint64_t)(k_uptime_get() - start_ms) * timing_freq_get() / 1000u;
  const uint64_t half = UINT64_C(1) << 31;
  const uint64_t rounds = about + half < cycles ? 0 : (about + half - cycles) >> 32;
  return timing_cycles_to_ns((rounds << 32) | cycles);
}

/* Without the guard that an MPU keeps at the start of the stack. */
uint32_t *tdrt_stack_limit(void) { return (uint32_t *)thread.stack_info.start; }

uint32_t tdrt_stack_reserved_bytes(void) { return (uint32_t)thread.stack_info.size; }

/* Only Zephyr's linker script knows. */
uint32_t tdrt_static_bytes(void) { return 0; }

_Noreturn void tdrt_exit(int status) {
  (void)status;
  for (;;) {
    k_sleep(K_FOREVER);
  }
}

static void run(void *first, void *second, void *third) {
  (void)first;
  (void)second;
  (void)third;
  tdrt_main();
}

int main(void) {
  (void)k_thread_create(&thread, tdrt_stack, K_THREAD_STACK_SIZEOF(tdrt_stack), run, NULL, NULL,
                        NULL, K_PRIO_COOP(1), 0, K_NO_WAIT);
  return 0;
}
