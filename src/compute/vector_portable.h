// SPDX-License-Identifier: Apache-2.0
// Vectors of one value, in plain C (compute/vector.h).
#ifndef SP_COMPUTE_VECTOR_PORTABLE_H
#define SP_COMPUTE_VECTOR_PORTABLE_H

#include <math.h>
#include <stdint.h>

#define SP_VECTOR_PORTABLE(REAL, FMA)                                                                      \
  typedef REAL vector_##REAL;                                                                              \
  typedef int vector_mask_##REAL;                                                                          \
  enum { vector_width_##REAL = 1, vector_square_##REAL = 4 };                                              \
  SP_INLINE vector_##REAL vector_zero_##REAL(void) { return 0; }                                           \
  SP_INLINE vector_##REAL vector_splat_##REAL(const REAL *x) { return *x; }                                \
  SP_INLINE vector_##REAL vector_load_##REAL(const REAL *p) { return *p; }                                 \
  SP_INLINE void vector_store_##REAL(REAL *p, vector_##REAL v) { *p = v; }                                 \
  SP_INLINE vector_mask_##REAL vector_first_##REAL(int n) { return n; }                                    \
  SP_INLINE vector_##REAL vector_load_first_##REAL(const REAL *p, vector_mask_##REAL m) {                  \
    (void)m;                                                                                               \
    return *p;                                                                                             \
  }                                                                                                        \
  SP_INLINE void vector_store_first_##REAL(REAL *p, vector_##REAL v, int n) {                              \
    (void)n;                                                                                               \
    *p = v;                                                                                                \
  }                                                                                                        \
  SP_INLINE vector_##REAL vector_add_##REAL(vector_##REAL a, vector_##REAL b) { return a + b; }            \
  SP_INLINE vector_##REAL vector_fma_##REAL(vector_##REAL a, vector_##REAL b, vector_##REAL c) {           \
    return FMA(a, b, c);                                                                                   \
  }                                                                                                        \
  SP_INLINE vector_##REAL vector_relu_##REAL(vector_##REAL x) { return x < 0 ? 0 : x; }                    \
  SP_INLINE void vector_transpose_##REAL(const REAL *from, int64_t from_step, REAL *to, int64_t to_step) { \
    for (int i = 0; i < vector_square_##REAL; i++) {                                                       \
      for (int j = 0; j < vector_square_##REAL; j++) to[j * to_step + i] = from[i * from_step + j];        \
    }                                                                                                      \
  }

SP_VECTOR_PORTABLE(float, fmaf)
SP_VECTOR_PORTABLE(double, fma)

#endif
