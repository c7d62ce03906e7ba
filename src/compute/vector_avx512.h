// SPDX-License-Identifier: Apache-2.0
// Vectors of AVX-512 (compute/vector.h).
#ifndef SP_COMPUTE_VECTOR_AVX512_H
#define SP_COMPUTE_VECTOR_AVX512_H

#include <immintrin.h>
#include <stdint.h>

typedef __m512 vector_float;
typedef __mmask16 vector_mask_float;
enum { vector_width_float = 16 };
SP_INLINE vector_float vector_zero_float(void) { return _mm512_setzero_ps(); }
SP_INLINE vector_float vector_splat_float(const float *x) { return _mm512_set1_ps(*x); }
SP_INLINE vector_float vector_load_float(const float *p) { return _mm512_loadu_ps(p); }
SP_INLINE void vector_store_float(float *p, vector_float v) { _mm512_storeu_ps(p, v); }
SP_INLINE vector_mask_float vector_first_float(int n) { return (__mmask16)(0xffffu >> (16 - n)); }
SP_INLINE vector_float vector_load_first_float(const float *p, vector_mask_float m) {
  return _mm512_maskz_loadu_ps(m, p);
}
SP_INLINE void vector_store_first_float(float *p, vector_float v, int n) {
  _mm512_mask_storeu_ps(p, vector_first_float(n), v);
}
SP_INLINE vector_float vector_add_float(vector_float a, vector_float b) { return _mm512_add_ps(a, b); }
SP_INLINE vector_float vector_fma_float(vector_float a, vector_float b, vector_float c) {
  return _mm512_fmadd_ps(a, b, c);
}
// The maximum is its second operand if one of them is NaN, or if both are 0.
SP_INLINE vector_float vector_relu_float(vector_float x) { return _mm512_max_ps(_mm512_setzero_ps(), x); }

typedef __m512d vector_double;
typedef __mmask8 vector_mask_double;
enum { vector_width_double = 8 };
SP_INLINE vector_double vector_zero_double(void) { return _mm512_setzero_pd(); }
SP_INLINE vector_double vector_splat_double(const double *x) { return _mm512_set1_pd(*x); }
SP_INLINE vector_double vector_load_double(const double *p) { return _mm512_loadu_pd(p); }
SP_INLINE void vector_store_double(double *p, vector_double v) { _mm512_storeu_pd(p, v); }
SP_INLINE vector_mask_double vector_first_double(int n) { return (__mmask8)(0xffu >> (8 - n)); }
SP_INLINE vector_double vector_load_first_double(const double *p, vector_mask_double m) {
  return _mm512_maskz_loadu_pd(m, p);
}
SP_INLINE void vector_store_first_double(double *p, vector_double v, int n) {
  _mm512_mask_storeu_pd(p, vector_first_double(n), v);
}
SP_INLINE vector_double vector_add_double(vector_double a, vector_double b) { return _mm512_add_pd(a, b); }
SP_INLINE vector_double vector_fma_double(vector_double a, vector_double b, vector_double c) {
  return _mm512_fmadd_pd(a, b, c);
}
SP_INLINE vector_double vector_relu_double(vector_double x) { return _mm512_max_pd(_mm512_setzero_pd(), x); }

#endif
