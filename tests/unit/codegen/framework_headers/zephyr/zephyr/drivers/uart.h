/* Stands in for Zephyr's UART API. */
#pragma once
#include <stdint.h>
#include <zephyr/device.h>

typedef void (*uart_irq_callback_user_data_t)(const struct device *uart, void *data);
int uart_irq_callback_user_data_set(const struct device *uart, uart_irq_callback_user_data_t call,
                                    void *data);
void uart_irq_rx_enable(const struct device *uart);
int uart_irq_update(const struct device *uart);
int uart_irq_rx_ready(const struct device *uart);
int uart_fifo_read(const struct device *uart, uint8_t *to, const int count);
void uart_poll_out(const struct device *uart, unsigned char byte);
