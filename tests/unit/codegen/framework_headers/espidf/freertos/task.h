/* Stands in for the tasks of FreeRTOS. */
#pragma once
#include "freertos/FreeRTOS.h"

typedef void *TaskHandle_t;
TaskHandle_t xTaskCreateStaticPinnedToCore(void (*code)(void *), const char *name,
                                           uint32_t stack_bytes, void *argument,
                                           UBaseType_t priority, StackType_t *stack,
                                           StaticTask_t *task, BaseType_t core);
void vTaskDelay(TickType_t ticks);
void app_main(void);
