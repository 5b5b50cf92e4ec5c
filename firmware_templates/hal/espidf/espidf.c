/* Any chip of ESP-IDF (5.0 or newer): UART0, the core's cycle counter, and a task of our own. */
#include "driver/uart.h"
#include "esp_cpu.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "tdrt_hal.h"

#define PORT UART_NUM_0
#define RECEIVE_BUFFER_BYTES 1024
#define CYCLES_PER_US (TDRT_COUNTER_HZ / 1000000u)

static StackType_t tdrt_stack[TDRT_STACK_BYTES / sizeof(StackType_t)] __attribute__((aligned(16)));
static StaticTask_t task;
static uint32_t start_cycles;
static int64_t start_us;

void tdrt_uart_init(void) {
  const uart_config_t config = {
      .baud_rate = (int)TDRT_BAUD,
      .data_bits = UART_DATA_8_BITS,
      .parity = UART_PARITY_DISABLE,
      .stop_bits = UART_STOP_BITS_1,
      .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
  };
  ESP_ERROR_CHECK(uart_driver_install(PORT, RECEIVE_BUFFER_BYTES, 0, 0, NULL, 0));
  ESP_ERROR_CHECK(uart_param_config(PORT, &config));
}

uint8_t tdrt_uart_get(void) {
  uint8_t byte = 0;
  while (uart_read_bytes(PORT, &byte, 1, portMAX_DELAY) != 1) {
  }
  return byte;
}

void tdrt_uart_put(uint8_t byte) { (void)uart_write_bytes(PORT, &byte, 1); }

void tdrt_counter_init(void) {}

void tdrt_counter_restart(void) {
  start_us = esp_timer_get_time();
  start_cycles = esp_cpu_get_cycle_count();
}

/* The counter has 32 bits; the timer tells how often it went around (every 18 s at 240 MHz). */
uint64_t tdrt_counter_read(void) {
  const uint32_t cycles = esp_cpu_get_cycle_count() - start_cycles;
  const uint64_t about = (uint64_t)(esp_timer_get_time() - start_us) * CYCLES_PER_US;
  const uint64_t half = UINT64_C(1) << 31;
  const uint64_t rounds = about + half < cycles ? 0 : (about + half - cycles) >> 32;
  return (rounds << 32) | cycles;
}

uint32_t *tdrt_stack_limit(void) { return (uint32_t *)(void *)tdrt_stack; }

uint32_t tdrt_stack_reserved_bytes(void) { return sizeof tdrt_stack; }

/* Only the framework's linker script knows. */
uint32_t tdrt_static_bytes(void) { return 0; }

_Noreturn void tdrt_exit(int status) {
  (void)status;
  for (;;) {
    vTaskDelay(portMAX_DELAY);
  }
}

static void run(void *argument) {
  (void)argument;
  tdrt_main();
}

void app_main(void) {
  /* Always on the same core: each has a cycle counter of its own. */
  (void)xTaskCreateStaticPinnedToCore(run, "tinydeploy", TDRT_STACK_BYTES, NULL, 1, tdrt_stack,
                                      &task, 0);
}
