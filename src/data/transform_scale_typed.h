// SPDX-License-Identifier: Apache-2.0
// The transform `scale` of one type: a template, see compute/each_real.h.

/// x = x factor + shift. The product is rounded before the shift is added. A shift of 0 is not added, so that the bits
/// are those of the product (-0 is kept).
SP_HOT static void TYPED(scale)(REAL *x, int64_t n, REAL factor, REAL shift) {
  for (int64_t i = 0; i < n; i++) x[i] *= factor;
  for (int64_t i = 0; i < n && shift != 0; i++) x[i] += shift;
}
