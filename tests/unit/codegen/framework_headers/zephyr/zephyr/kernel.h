/* Stands in for Zephyr's kernel. */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct {
  int64_t ticks;
} k_timeout_t;
#define K_NO_WAIT ((k_timeout_t){0})
#define K_FOREVER ((k_timeout_t){-1})
#define K_PRIO_COOP(level) ((level) - 16)
struct k_thread {
  struct {
    uintptr_t start;
    size_t size;
  } stack_info;
};
typedef struct {
  char data;
} k_thread_stack_t;
typedef struct k_thread *k_tid_t;
typedef void (*k_thread_entry_t)(void *first, void *second, void *third);
#define K_THREAD_STACK_DEFINE(name, bytes) k_thread_stack_t name[bytes]
#define K_THREAD_STACK_SIZEOF(name) (sizeof(name))
k_tid_t k_thread_create(struct k_thread *thread, k_thread_stack_t *stack, size_t stack_bytes,
                        k_thread_entry_t entry, void *first, void *second, void *third,
                        int priority, uint32_t options, k_timeout_t delay);
int64_t k_uptime_get(void);
int32_t k_sleep(k_timeout_t timeout);
struct k_msgq {
  int unused;
};
#define K_MSGQ_DEFINE(name, message_bytes, messages, alignment) static struct k_msgq name
int k_msgq_put(struct k_msgq *queue, const void *data, k_timeout_t timeout);
int k_msgq_get(struct k_msgq *queue, void *data, k_timeout_t timeout);
int main(void);
