// SPDX-License-Identifier: Apache-2.0
// Memory allocation with overflow-checked sizes, and an arena for objects that are freed together.
#ifndef SP_BASE_MEMORY_H
#define SP_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shardprop/status.h"

/// Allocate count * size zeroed bytes on a 64-byte boundary and set *out to them, or to NULL for 0 bytes. The caller
/// frees them with free(). Errors: SP_ERR_MEMORY, naming `what`, when the product overflows or memory is exhausted.
sp_status sp_allocate(int64_t count, size_t size, const char *what, void *out);

/// Compute a * b or a + b. Returns false on overflow or if a or b is negative.
bool sp_multiply_size(int64_t a, int64_t b, int64_t *product);
bool sp_add_size(int64_t a, int64_t b, int64_t *sum);

/// Report that memory is exhausted and exit with status 1. For small allocations only (configuration, names, lines of
/// text), never for sizes that come from data. mpirun and Slurm then end the other ranks.
_Noreturn void sp_out_of_memory(void);

/// Memory that is freed all at once. An arena that cannot allocate memory ends the program.
typedef struct sp_arena sp_arena;
sp_arena *sp_arena_create(void);
void sp_arena_free(sp_arena *arena);
void *sp_arena_allocate(sp_arena *arena, size_t size);  ///< zeroed, aligned for any type
char *sp_arena_copy(sp_arena *arena, const char *text, size_t length);
char *sp_arena_format(sp_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
