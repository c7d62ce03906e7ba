// SPDX-License-Identifier: Apache-2.0
// Matrix products of each instruction set. Each of them gives the bits of sp_reference_product.
#ifndef SP_COMPUTE_PRODUCT_KERNELS_H
#define SP_COMPUTE_PRODUCT_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "compute/cpu.h"
#include "compute/lane_rows.h"

/// C (m, n) = A (m, k) B (k, n) + bias (n), or with `relu` the larger of that and 0. Steps are in values.
typedef struct sp_product_job {
  int64_t m, n, k;
  const void *a, *b, *bias;  ///< bias NULL: none
  int64_t a_row, a_k;        ///< from A[i][l] to A[i + 1][l], and to A[i][l + 1]; one of the two is 1
  int64_t b_k, b_column;     ///< from B[l][j] to B[l + 1][j], and to B[l][j + 1]; one of the two is 1
  void *c;                   ///< row-major, no part of A or B
  int64_t c_step;            ///< from one row of C to the next
  bool relu;
  void *scratch;  ///< as many bytes as the kernels ask for, on a 64-byte boundary
} sp_product_job;

typedef struct sp_product_kernels {
  void (*product_float)(const sp_product_job *job);
  void (*product_double)(const sp_product_job *job);
  /// The sum over the lanes of A^T B of their rows (compute/lane_rows.h). a_row and b_column must be 1; bias, relu and k are
  /// not used.
  void (*lanes_float)(const sp_product_job *job, const sp_lane_rows *rows);
  void (*lanes_double)(const sp_product_job *job, const sp_lane_rows *rows);
  /// Do fused multiply-adds on registers alone. Returns the number of floating-point operations.
  double (*peak_float)(int64_t rounds);
  double (*peak_double)(int64_t rounds);
  int64_t scratch_float, scratch_double;  ///< bytes of scratch memory
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
