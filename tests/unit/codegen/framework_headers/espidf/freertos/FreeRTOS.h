/* Stands in for the FreeRTOS of ESP-IDF, whose stacks are counted in bytes. */
#pragma once
#include <stdint.h>

typedef uint8_t StackType_t;
typedef int BaseType_t;
typedef unsigned UBaseType_t;
typedef uint32_t TickType_t;
typedef struct {
  int unused;
} StaticTask_t;
#define portMAX_DELAY ((TickType_t)0xffffffffu)
