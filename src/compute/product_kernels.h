// SPDX-License-Identifier: Apache-2.0
// Matrix products of each instruction set. Each of them gives the bits of sp_reference_product.
#ifndef SP_COMPUTE_PRODUCT_KERNELS_H
#define SP_COMPUTE_PRODUCT_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "compute/cpu.h"
#include "compute/lane_rows.h"

/// C (m, n) = A (m, k) B (k, n) + bias (n), or with `relu` 0 where that is less. With lanes, C is the sum over the lanes, in
/// the order of compute/lane_rows.h, of the products of their k; a_row and b_column must be 1. Steps are in values.
typedef struct sp_product_job {
  int64_t m, n, k;
  const void *a, *b, *bias;  ///< bias NULL: none
  int64_t a_row, a_k;        ///< from A[i][l] to A[i + 1][l], and to A[i][l + 1]; one of the two is 1
  int64_t b_k, b_column;     ///< from B[l][j] to B[l + 1][j], and to B[l][j + 1]; one of the two is 1
  void *c;                   ///< row-major, no part of A or B
  int64_t c_step;            ///< from one row of C to the next
  bool relu;
  const sp_lane_rows *lanes;  ///< ranges of k, or NULL: one range of all
  void *scratch;              ///< sp_product_scratch bytes on a 64-byte boundary
  int64_t cache;              ///< bytes of a core's second cache, within the limits below
} sp_product_job;

enum {
  SP_PRODUCT_LEAST_CACHE = 1 << 17,
  SP_PRODUCT_MOST_CACHE = 1 << 21,
  SP_PRODUCT_PIECES = 64,       ///< most groups of rows, or of columns, that are packed at a time
  SP_PRODUCT_PIECE = 256 << 10  ///< bytes of a part of a product that is computed transposed
};

/// Returns the bytes of a factor that are packed at a time.
static inline int64_t sp_product_a_bytes(int64_t cache) { return cache * 3 / 8 / 64 * 64; }
static inline int64_t sp_product_b_bytes(int64_t cache) { return cache / 2 / 64 * 64; }

/// Returns the bytes of scratch memory. What is packed is a line more apart than its size.
static inline int64_t sp_product_scratch(int64_t cache) {
  return sp_product_a_bytes(cache) + sp_product_b_bytes(cache) + 2 * (SP_PRODUCT_PIECES + 1) * 64 + SP_PRODUCT_PIECE;
}

typedef struct sp_product_kernels {
  void (*product_float)(const sp_product_job *job);
  void (*product_double)(const sp_product_job *job);
  /// Do fused multiply-adds on registers alone. Returns the number of floating-point operations.
  double (*peak_float)(int64_t rounds);
  double (*peak_double)(int64_t rounds);
} sp_product_kernels;

#define SP_CPU(name) extern const sp_product_kernels sp_product_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

/// Returns the products of an instruction set.
static inline const sp_product_kernels *sp_product_kernels_of(sp_cpu_index cpu) {
  static const sp_product_kernels *const kernels[] = {
#define SP_CPU(name) &sp_product_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
  };
  return kernels[cpu];
}

#endif
