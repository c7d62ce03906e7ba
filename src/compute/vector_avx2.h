// SPDX-License-Identifier: Apache-2.0
// Vectors of AVX2 and FMA (compute/vector.h). With AVX-512 only the transposition of squares is used.
#ifndef SP_COMPUTE_VECTOR_AVX2_H
#define SP_COMPUTE_VECTOR_AVX2_H

#include <immintrin.h>
#include <stdint.h>

enum { vector_square_float = 8, vector_square_double = 4 };

SP_INLINE void vector_transpose_float(const float *from, int64_t from_step, float *to, int64_t to_step) {
  __m256 row[8], pair[8], four[8];
  // Row i holds the first half of row i of the square and the first half of row i + 4, then their second halves.
  SP_UNROLL for (int i = 0; i < 4; i++) {
    const float *upper = from + i * from_step, *lower = from + (i + 4) * from_step;
    row[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(upper)), _mm_loadu_ps(lower), 1);
    row[i + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(upper + 4)), _mm_loadu_ps(lower + 4), 1);
  }
  SP_UNROLL for (int i = 0; i < 8; i += 2) {
    pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
    pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
  }
  SP_UNROLL for (int i = 0; i < 8; i += 4) {
    four[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
    four[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
    four[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
    four[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
  }
  SP_UNROLL for (int i = 0; i < 8; i++) _mm256_storeu_ps(to + i * to_step, four[i]);
}

SP_INLINE void vector_transpose_double(const double *from, int64_t from_step, double *to, int64_t to_step) {
  __m256d row[4], pair[4];
  SP_UNROLL for (int i = 0; i < 2; i++) {
    const double *upper = from + i * from_step, *lower = from + (i + 2) * from_step;
    row[i] = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(upper)), _mm_loadu_pd(lower), 1);
    row[i + 2] = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(upper + 2)), _mm_loadu_pd(lower + 2), 1);
  }
  SP_UNROLL for (int i = 0; i < 4; i += 2) {
    pair[i] = _mm256_unpacklo_pd(row[i], row[i + 1]);
    pair[i + 1] = _mm256_unpackhi_pd(row[i], row[i + 1]);
  }
  SP_UNROLL for (int i = 0; i < 4; i++) _mm256_storeu_pd(to + i * to_step, pair[i]);
}

#if !defined(SP_KERNELS_avx512)

typedef __m256 vector_float;
typedef __m256i vector_mask_float;
enum { vector_width_float = 8 };
SP_INLINE vector_float vector_zero_float(void) { return _mm256_setzero_ps(); }
SP_INLINE vector_float vector_splat_float(const float *x) { return _mm256_broadcast_ss(x); }
SP_INLINE vector_float vector_load_float(const float *p) { return _mm256_loadu_ps(p); }
SP_INLINE void vector_store_float(float *p, vector_float v) { _mm256_storeu_ps(p, v); }
SP_INLINE vector_mask_float vector_first_float(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
SP_INLINE vector_float vector_load_first_float(const float *p, vector_mask_float m) { return _mm256_maskload_ps(p, m); }
// Stores with a mask are slow on AMD's processors.
SP_INLINE void vector_store_first_float(float *p, vector_float v, int n) {
  __m128 part = _mm256_castps256_ps128(v);
  if (n == 8) {
    _mm256_storeu_ps(p, v);
    return;
  }
  if (n & 4) {
    _mm_storeu_ps(p, part);
    part = _mm256_extractf128_ps(v, 1);
    p += 4;
  }
  if (n & 2) {
    _mm_storel_pi((__m64 *)(void *)p, part);
    part = _mm_movehl_ps(part, part);
    p += 2;
  }
  if (n & 1) _mm_store_ss(p, part);
}
SP_INLINE vector_float vector_add_float(vector_float a, vector_float b) { return _mm256_add_ps(a, b); }
SP_INLINE vector_float vector_fma_float(vector_float a, vector_float b, vector_float c) {
  return _mm256_fmadd_ps(a, b, c);
}
// The maximum is its second operand if one of them is NaN, or if both are 0.
SP_INLINE vector_float vector_relu_float(vector_float x) { return _mm256_max_ps(_mm256_setzero_ps(), x); }

typedef __m256d vector_double;
typedef __m256i vector_mask_double;
enum { vector_width_double = 4 };
SP_INLINE vector_double vector_zero_double(void) { return _mm256_setzero_pd(); }
SP_INLINE vector_double vector_splat_double(const double *x) { return _mm256_broadcast_sd(x); }
SP_INLINE vector_double vector_load_double(const double *p) { return _mm256_loadu_pd(p); }
SP_INLINE void vector_store_double(double *p, vector_double v) { _mm256_storeu_pd(p, v); }
SP_INLINE vector_mask_double vector_first_double(int n) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}
SP_INLINE vector_double vector_load_first_double(const double *p, vector_mask_double m) {
  return _mm256_maskload_pd(p, m);
}
SP_INLINE void vector_store_first_double(double *p, vector_double v, int n) {
  __m128d part = _mm256_castpd256_pd128(v);
  if (n == 4) {
    _mm256_storeu_pd(p, v);
    return;
  }
  if (n & 2) {
    _mm_storeu_pd(p, part);
    part = _mm256_extractf128_pd(v, 1);
    p += 2;
  }
  if (n & 1) _mm_store_sd(p, part);
}
SP_INLINE vector_double vector_add_double(vector_double a, vector_double b) { return _mm256_add_pd(a, b); }
SP_INLINE vector_double vector_fma_double(vector_double a, vector_double b, vector_double c) {
  return _mm256_fmadd_pd(a, b, c);
}
SP_INLINE vector_double vector_relu_double(vector_double x) { return _mm256_max_pd(_mm256_setzero_pd(), x); }

#endif

#endif
