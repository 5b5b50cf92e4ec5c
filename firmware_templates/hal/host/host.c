/* The host as a board: the serial line is stdin and stdout, the clock is the system's, and the
 * firmware runs on a static stack of its own so that painting works as on a device. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "tdrt_hal.h"

static uint32_t tdrt_host_stack[TDRT_STACK_BYTES / sizeof(uint32_t)] __attribute__((aligned(64)));
static ucontext_t system_context;
static ucontext_t firmware_context;

static uint8_t received[4096];
static size_t received_count;
static size_t received_next;
static uint8_t sent[4096];
static size_t sent_count;

static uint64_t start_ns;

static void flush(void) {
  size_t done = 0;
  while (done < sent_count) {
    ssize_t count = write(STDOUT_FILENO, sent + done, sent_count - done);
    if (count < 0 && errno != EINTR) {
      exit(1);
    }
    done += count > 0 ? (size_t)count : 0;
  }
  sent_count = 0;
}

void tdrt_uart_init(void) {}

uint8_t tdrt_uart_get(void) {
  if (received_next == received_count) {
    flush();
    ssize_t count;
    do {
      count = read(STDIN_FILENO, received, sizeof received);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
      exit(0); /* the other side has closed the line */
    }
    received_count = (size_t)count;
    received_next = 0;
  }
  return received[received_next++];
}

void tdrt_uart_put(uint8_t byte) {
  sent[sent_count++] = byte;
  if (sent_count == sizeof sent) {
    flush();
  }
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void tdrt_counter_init(void) {}

void tdrt_counter_restart(void) { start_ns = now_ns(); }

uint64_t tdrt_counter_read(void) { return now_ns() - start_ns; }

uint32_t *tdrt_stack_limit(void) { return tdrt_host_stack; }

uint32_t tdrt_stack_reserved_bytes(void) { return sizeof tdrt_host_stack; }

/* From the system's linker script; the firmware's stack lies between them. */
extern char __data_start[], _end[];

uint32_t tdrt_static_bytes(void) {
  return (uint32_t)((uintptr_t)_end - (uintptr_t)__data_start - sizeof tdrt_host_stack);
}

_Noreturn void tdrt_exit(int status) {
  flush();
  exit(status);
}

int main(void) {
  getcontext(&firmware_context);
  firmware_context.uc_stack.ss_sp = tdrt_host_stack;
  firmware_context.uc_stack.ss_size = sizeof tdrt_host_stack;
  firmware_context.uc_link = &system_context;
  makecontext(&firmware_context, tdrt_main, 0);
  return swapcontext(&system_context, &firmware_context);
}
