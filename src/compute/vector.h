// SPDX-License-Identifier: Apache-2.0
// Vectors of floats and doubles for the instruction set that a file of kernels is compiled for. For float (and double):
//   vector_float                     a vector of vector_width_float values
//   vector_mask_float                which values of a vector take part: the first n of them
//   vector_zero_float()              all +0
//   vector_splat_float(x)            all *x
//   vector_load_float(p), vector_store_float(p, v)
//   vector_first_float(n)            the mask of the first n values, 1 <= n <= vector_width_float
//   vector_load_first_float(p, m)    only those are read; the others are 0
//   vector_store_first_float(p, v, n)  only the first n are written
//   vector_add_float(a, b)           a + b
//   vector_fma_float(a, b, c)        a b + c, rounded once
//   vector_relu_float(x)             x < 0 ? 0 : x, so NaN stays NaN and -0 stays -0
//   vector_transpose_float(from, from_step, to, to_step)
//                                    to[j][i] = from[i][j] for a square of vector_square_float rows
// Rows of a matrix are `step` values apart, and no address has to be aligned. All instruction sets give the same bits.
#ifndef SP_COMPUTE_VECTOR_H
#define SP_COMPUTE_VECTOR_H

#include <stdint.h>

#define SP_INLINE static inline __attribute__((always_inline, unused))
/// Precedes a loop with a constant count whose arrays of vectors must be kept in registers.
#ifdef __clang__
#define SP_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SP_UNROLL _Pragma("GCC unroll 16")
#endif

#if defined(SP_KERNELS_avx512)
#include "compute/vector_avx2.h"
#include "compute/vector_avx512.h"
#elif defined(SP_KERNELS_avx2)
#include "compute/vector_avx2.h"
#elif defined(SP_KERNELS_neon)
#include "compute/vector_neon.h"
#else
#include "compute/vector_portable.h"
#endif

#endif
