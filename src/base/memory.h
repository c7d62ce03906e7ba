// SPDX-License-Identifier: Apache-2.0
// Memory whose sizes cannot overflow, and an arena for things that live and die together.
#ifndef SP_BASE_MEMORY_H
#define SP_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shardprop/status.h"

/// Allocate count * size zeroed bytes on a 64-byte boundary into *out (NULL for none). Freed with free().
/// Errors: SP_ERR_MEMORY, naming `what`, when the product overflows or there is no memory.
sp_status sp_allocate(int64_t count, size_t size, const char *what, void *out);

/// a * b and a + b for sizes that are never negative. false on overflow or a negative factor.
bool sp_multiply_size(int64_t a, int64_t b, int64_t *product);
bool sp_add_size(int64_t a, int64_t b, int64_t *sum);

/// Say so, and end the program with 1: where small things (configuration, names, lines of text), never anything whose
/// size comes from data, find no memory. mpirun and Slurm then end the other ranks.
_Noreturn void sp_out_of_memory(void);

/// Memory that is freed all at once. Out of memory in an arena ends the program.
typedef struct sp_arena sp_arena;
sp_arena *sp_arena_create(void);
void sp_arena_free(sp_arena *arena);
void *sp_arena_allocate(sp_arena *arena, size_t size);  ///< zeroed, aligned for any type
char *sp_arena_copy(sp_arena *arena, const char *text, size_t length);
char *sp_arena_format(sp_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
