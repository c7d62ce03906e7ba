// SPDX-License-Identifier: Apache-2.0
// Vectors of Arm's Advanced SIMD (compute/vector.h).
#ifndef SP_COMPUTE_VECTOR_NEON_H
#define SP_COMPUTE_VECTOR_NEON_H

#include <arm_neon.h>
#include <stdint.h>

typedef float32x4_t vector_float;
typedef int vector_mask_float;
enum { vector_width_float = 4, vector_square_float = 4 };
SP_INLINE vector_float vector_zero_float(void) { return vdupq_n_f32(0); }
SP_INLINE vector_float vector_splat_float(const float *x) { return vld1q_dup_f32(x); }
SP_INLINE vector_float vector_load_float(const float *p) { return vld1q_f32(p); }
SP_INLINE void vector_store_float(float *p, vector_float v) { vst1q_f32(p, v); }
SP_INLINE vector_mask_float vector_first_float(int n) { return n; }
SP_INLINE vector_float vector_load_first_float(const float *p, vector_mask_float n) {
  if (n == 4) return vld1q_f32(p);
  vector_float v = vld1q_lane_f32(p, vdupq_n_f32(0), 0);
  if (n > 1) v = vld1q_lane_f32(p + 1, v, 1);
  if (n > 2) v = vld1q_lane_f32(p + 2, v, 2);
  return v;
}
SP_INLINE void vector_store_first_float(float *p, vector_float v, int n) {
  if (n == 4) {
    vst1q_f32(p, v);
    return;
  }
  vst1q_lane_f32(p, v, 0);
  if (n > 1) vst1q_lane_f32(p + 1, v, 1);
  if (n > 2) vst1q_lane_f32(p + 2, v, 2);
}
SP_INLINE vector_float vector_add_float(vector_float a, vector_float b) { return vaddq_f32(a, b); }
SP_INLINE vector_float vector_fma_float(vector_float a, vector_float b, vector_float c) { return vfmaq_f32(c, a, b); }
SP_INLINE vector_float vector_relu_float(vector_float x) {
  return vbslq_f32(vcltq_f32(x, vdupq_n_f32(0)), vdupq_n_f32(0), x);
}
SP_INLINE void vector_transpose_float(const float *from, int64_t from_step, float *to, int64_t to_step) {
  float32x4_t a = vld1q_f32(from), b = vld1q_f32(from + from_step), c = vld1q_f32(from + 2 * from_step),
              d = vld1q_f32(from + 3 * from_step);
  float32x4_t ac = vzip1q_f32(a, c), ac2 = vzip2q_f32(a, c), bd = vzip1q_f32(b, d), bd2 = vzip2q_f32(b, d);
  vst1q_f32(to, vzip1q_f32(ac, bd));
  vst1q_f32(to + to_step, vzip2q_f32(ac, bd));
  vst1q_f32(to + 2 * to_step, vzip1q_f32(ac2, bd2));
  vst1q_f32(to + 3 * to_step, vzip2q_f32(ac2, bd2));
}

typedef float64x2_t vector_double;
typedef int vector_mask_double;
enum { vector_width_double = 2, vector_square_double = 2 };
SP_INLINE vector_double vector_zero_double(void) { return vdupq_n_f64(0); }
SP_INLINE vector_double vector_splat_double(const double *x) { return vld1q_dup_f64(x); }
SP_INLINE vector_double vector_load_double(const double *p) { return vld1q_f64(p); }
SP_INLINE void vector_store_double(double *p, vector_double v) { vst1q_f64(p, v); }
SP_INLINE vector_mask_double vector_first_double(int n) { return n; }
SP_INLINE vector_double vector_load_first_double(const double *p, vector_mask_double n) {
  return n == 2 ? vld1q_f64(p) : vld1q_lane_f64(p, vdupq_n_f64(0), 0);
}
SP_INLINE void vector_store_first_double(double *p, vector_double v, int n) {
  if (n == 2) {
    vst1q_f64(p, v);
  } else {
    vst1q_lane_f64(p, v, 0);
  }
}
SP_INLINE vector_double vector_add_double(vector_double a, vector_double b) { return vaddq_f64(a, b); }
SP_INLINE vector_double vector_fma_double(vector_double a, vector_double b, vector_double c) {
  return vfmaq_f64(c, a, b);
}
SP_INLINE vector_double vector_relu_double(vector_double x) {
  return vbslq_f64(vcltq_f64(x, vdupq_n_f64(0)), vdupq_n_f64(0), x);
}
SP_INLINE void vector_transpose_double(const double *from, int64_t from_step, double *to, int64_t to_step) {
  float64x2_t a = vld1q_f64(from), b = vld1q_f64(from + from_step);
  vst1q_f64(to, vzip1q_f64(a, b));
  vst1q_f64(to + to_step, vzip2q_f64(a, b));
}

#endif
