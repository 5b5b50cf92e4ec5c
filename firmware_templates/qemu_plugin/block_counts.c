/* A QEMU plugin that counts each block of Thumb instructions executed during one inference.
 *
 * Arguments, all but `out` in hexadecimal: `start` and `stop` are the addresses at which counting
 * begins and ends, `flash` and `flash_end` bound the flash, `line` is how many bytes of it are read
 * at a time (0: reads are not counted, which is quicker). At `stop` the counts are written to the
 * file `out`, which the next inference replaces:
 *
 *   block ADDRESS EXECUTED TAKEN DATA_LINES CODE
 *   total INSTRUCTIONS
 *
 * TAKEN is how often the block was left for another address than the one after it, DATA_LINES how
 * many lines of flash its loads went to, CODE its bytes. A block may appear more than once.
 *
 * QEMU's header is rarely packaged, so the few functions of its plugin interface, version 1, are
 * declared here. Built for the host, by its own compiler. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint32_t memory_info;
/* QEMU 7.2 takes the wrong ones where only reads are asked for. */
enum { NO_REGISTERS = 0, READS_AND_WRITES = 3 };

typedef void (*translate_fn)(plugin_id, struct qemu_plugin_tb *);
typedef void (*execute_fn)(unsigned, void *);
typedef void (*memory_fn)(unsigned, memory_info, uint64_t, void *);

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translate_fn);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, execute_fn, int, void *);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, memory_fn, int, int,
                                             void *);
extern _Bool qemu_plugin_mem_is_store(memory_info);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);

EXPORTED int qemu_plugin_version = 1;

typedef struct block {
  struct block *next;
  uint64_t address, end;
  uint64_t executed, taken, data_lines;
  size_t instructions, code_bytes;
  unsigned char code[];
} block;

static block *all_blocks, *previous;
static uint64_t start_address, stop_address, flash_address, flash_end, last_line;
static uint64_t line_bytes;
static const char *out_path;
static int counting;

static void start_counting(void) {
  for (block *one = all_blocks; one; one = one->next) {
    one->executed = one->taken = one->data_lines = 0;
  }
  previous = NULL;
  last_line = UINT64_MAX;
  counting = 1;
}

static void write_block(FILE *out, const block *one) {
  fprintf(out, "block %" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " ", one->address,
          one->executed, one->taken, one->data_lines);
  for (size_t i = 0; i < one->code_bytes; ++i) {
    fprintf(out, "%02x", one->code[i]);
  }
  fputc('\n', out);
}

static void stop_counting(void) {
  counting = 0;
  FILE *out = fopen(out_path, "w");
  if (!out) {
    return;
  }
  uint64_t total = 0;
  for (const block *one = all_blocks; one; one = one->next) {
    total += one->executed * one->instructions;
    if (one->executed) {
      write_block(out, one);
    }
  }
  fprintf(out, "total %" PRIu64 "\n", total);
  fclose(out);
}

static void on_execute(unsigned core, void *argument) {
  (void)core;
  block *now = argument;
  if (!counting && now->address == start_address) {
    start_counting();
  } else if (counting && now->address == stop_address) {
    stop_counting();
  }
  if (!counting) {
    return;
  }
  if (previous && previous->end != now->address) {
    ++previous->taken;
  }
  ++now->executed;
  previous = now;
}

static void on_access(unsigned core, memory_info info, uint64_t address, void *argument) {
  (void)core;
  if (!counting || qemu_plugin_mem_is_store(info) || address < flash_address ||
      address >= flash_end) {
    return;
  }
  uint64_t line = address / line_bytes;
  if (line != last_line) {
    last_line = line;
    ++((block *)argument)->data_lines;
  }
}

/* QEMU reports two bytes too many for the last instruction before one that crosses a page. */
static size_t thumb_size(const struct qemu_plugin_insn *one) {
  const unsigned char *data = qemu_plugin_insn_data(one);
  return data[1] >= 0xE8 ? 4 : 2;
}

static size_t code_size(const struct qemu_plugin_tb *translated, size_t instructions) {
  size_t bytes = 0;
  for (size_t i = 0; i < instructions; ++i) {
    bytes += thumb_size(qemu_plugin_tb_get_insn(translated, i));
  }
  return bytes;
}

static void on_translate(plugin_id id, struct qemu_plugin_tb *translated) {
  (void)id;
  size_t instructions = qemu_plugin_tb_n_insns(translated);
  size_t bytes = code_size(translated, instructions);
  block *made = calloc(1, sizeof *made + bytes);
  if (!made) {
    abort();
  }
  made->address = qemu_plugin_tb_vaddr(translated);
  made->end = made->address + bytes;
  made->instructions = instructions;
  for (size_t i = 0; i < instructions; ++i) {
    struct qemu_plugin_insn *one = qemu_plugin_tb_get_insn(translated, i);
    size_t size = thumb_size(one);
    memcpy(made->code + made->code_bytes, qemu_plugin_insn_data(one), size);
    made->code_bytes += size;
    if (line_bytes) {
      qemu_plugin_register_vcpu_mem_cb(one, on_access, NO_REGISTERS, READS_AND_WRITES, made);
    }
  }
  qemu_plugin_register_vcpu_tb_exec_cb(translated, on_execute, NO_REGISTERS, made);
  made->next = all_blocks;
  all_blocks = made;
}

static int read_number(const char *argument, const char *name, uint64_t *value) {
  size_t length = strlen(name);
  if (strncmp(argument, name, length) != 0 || argument[length] != '=') {
    return 0;
  }
  *value = strtoull(argument + length + 1, NULL, 16);
  return 1;
}

EXPORTED int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments) {
  (void)info;
  for (int i = 0; i < count; ++i) {
    const char *one = arguments[i];
    if (strncmp(one, "out=", 4) == 0) {
      out_path = strdup(one + 4);
    } else if (!read_number(one, "start", &start_address) &&
               !read_number(one, "stop", &stop_address) &&
               !read_number(one, "flash", &flash_address) &&
               !read_number(one, "flash_end", &flash_end) &&
               !read_number(one, "line", &line_bytes)) {
      fprintf(stderr, "block_counts: unknown argument %s\n", one);
      return 1;
    }
  }
  if (!out_path) {
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
  return 0;
}
