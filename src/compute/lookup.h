// SPDX-License-Identifier: Apache-2.0
// Rows of a table selected by integers, which are stored as values in the precision.
#ifndef SP_COMPUTE_LOOKUP_H
#define SP_COMPUTE_LOOKUP_H

#include <stdint.h>

#include "base/dtype.h"
#include "compute/cpu.h"
#include "compute/lane_rows.h"

/// A table (entries, width). The entry `padding` counts as zero; -1: none.
typedef struct sp_lookup_table {
  int64_t entries, width, padding;
} sp_lookup_table;

/// y (n, width): row i is entry x[i] of the table; 0 for the padding, and NaN if x[i] is not an integer in
/// [0, entries).
void sp_lookup(sp_dtype precision, const sp_lookup_table *table, int64_t n, const void *x, const void *entry, void *y);

/// gradient (entries, width): entry k is the sum, from 0 in the order of compute/lane_rows.h, of the rows i of dy (…, width)
/// with x[i] = k; 0 for the padding. Rows whose x[i] is not an integer in [0, entries) are omitted. `each` is the number of
/// rows of x and dy that belong to each of the rows of the lanes. `order` is memory for 2 * each * (number of rows)
/// integers; it may be NULL for a single lane.
void sp_lookup_backward(sp_dtype precision, const sp_lookup_table *table, const sp_lane_rows *rows, int64_t each,
                        const void *x, const void *dy, void *gradient, int64_t *order);

/// Returns the index of the first of n values that is not an integer in [0, entries), or -1.
int64_t sp_lookup_first_wrong(sp_dtype precision, int64_t entries, int64_t n, const void *x);

// --- kernels: the same with the instructions of each set (compute/cpu.h) ---

typedef struct sp_lookup_kernels {
  void (*lookup)(sp_dtype precision, const sp_lookup_table *table, int64_t n, const void *x, const void *entry,
                 void *y);
  void (*lookup_backward)(sp_dtype precision, const sp_lookup_table *table, const sp_lane_rows *rows, int64_t each,
                          const void *x, const void *dy, void *gradient, int64_t *order);
  int64_t (*lookup_first_wrong)(sp_dtype precision, int64_t entries, int64_t n, const void *x);
} sp_lookup_kernels;

#define SP_CPU(name) extern const sp_lookup_kernels sp_lookup_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
