// SPDX-License-Identifier: Apache-2.0
// Memory allocation with overflow-checked sizes, and an arena.
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool sp_multiply_size(int64_t a, int64_t b, int64_t *product) {
  return a >= 0 && b >= 0 && !__builtin_mul_overflow(a, b, product);
}

bool sp_add_size(int64_t a, int64_t b, int64_t *sum) { return a >= 0 && b >= 0 && !__builtin_add_overflow(a, b, sum); }

enum { LINE = 64, HUGE_PAGE = 2 << 20 };

// Large arrays use huge pages where the system grants them, which must be requested before the first access.
static void *aligned(size_t bytes) {
  size_t unit = bytes < HUGE_PAGE ? LINE : HUGE_PAGE;
  void *memory = aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
#ifdef MADV_HUGEPAGE
  if (memory && unit == HUGE_PAGE) (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

sp_status sp_allocate(int64_t count, size_t size, const char *what, void *out) {
  int64_t bytes, padded;
  void *memory = NULL;
  if (!sp_multiply_size(count, (int64_t)size, &bytes) || !sp_add_size(bytes, HUGE_PAGE - 1, &padded)) {
    return sp_fail(SP_ERR_MEMORY, "%s: %lld values of %zu bytes are more than can be addressed", what, (long long)count,
                   size);
  }
  if (bytes > 0) {
    memory = aligned((size_t)bytes);
    if (!memory) return sp_fail(SP_ERR_MEMORY, "%s: cannot allocate %lld bytes of memory", what, (long long)bytes);
    memset(memory, 0, (size_t)bytes);
  }
  memcpy(out, &memory, sizeof memory);
  return SP_OK;
}

// --- arena --------------------------------------------------------------------------------------------------------

typedef struct chunk {
  struct chunk *next;
  size_t used, size;
  max_align_t memory[];
} chunk;

struct sp_arena {
  chunk *chunks;
};

_Noreturn void sp_out_of_memory(void) {
  fputs("shardprop: error: out of memory\n", stderr);
  _Exit(1);
}

static void *must(void *memory) {
  if (!memory) sp_out_of_memory();
  return memory;
}

sp_arena *sp_arena_create(void) { return must(calloc(1, sizeof(sp_arena))); }

void sp_arena_free(sp_arena *arena) {
  if (!arena) return;
  for (chunk *c = arena->chunks; c;) {
    chunk *next = c->next;
    free(c);
    c = next;
  }
  free(arena);
}

void *sp_arena_allocate(sp_arena *arena, size_t size) {
  enum { CHUNK = 16384 };
  size = (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
  chunk *c = arena->chunks;
  if (!c || c->size - c->used < size) {
    size_t capacity = size > CHUNK ? size : CHUNK;
    c = must(calloc(1, sizeof(chunk) + capacity));
    c->size = capacity;
    c->next = arena->chunks;
    arena->chunks = c;
  }
  void *memory = (char *)c->memory + c->used;
  c->used += size;
  return memory;
}

char *sp_arena_copy(sp_arena *arena, const char *text, size_t length) {
  char *copy = sp_arena_allocate(arena, length + 1);
  memcpy(copy, text, length);
  return copy;
}

char *sp_arena_format(sp_arena *arena, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  char *text = sp_arena_allocate(arena, (size_t)length + 1);
  vsnprintf(text, (size_t)length + 1, format, again);
  va_end(again);
  return text;
}
