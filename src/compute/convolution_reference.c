// SPDX-License-Identifier: Apache-2.0
// Convolutions as they are defined, in both precisions.
#include "compute/convolution_reference.h"

static inline bool inside(const int64_t p[SP_CONVOLUTION_AXES], const int64_t extent[SP_CONVOLUTION_AXES]) {
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    if (p[i] < 0 || p[i] >= extent[i]) return false;
  }
  return true;
}

static inline int64_t index_of(const int64_t p[SP_CONVOLUTION_AXES], const int64_t extent[SP_CONVOLUTION_AXES]) {
  return (p[0] * extent[1] + p[1]) * extent[2] + p[2];
}

static inline void position_of(int64_t index, const int64_t extent[SP_CONVOLUTION_AXES],
                               int64_t p[SP_CONVOLUTION_AXES]) {
  p[0] = index / (extent[1] * extent[2]);
  p[1] = index / extent[2] % extent[1];
  p[2] = index % extent[2];
}

/// Returns the position of x that kernel position k of output position p reads, or -1 outside of x.
static int64_t read_by(const sp_convolution_shape *s, const int64_t p[SP_CONVOLUTION_AXES],
                       const int64_t k[SP_CONVOLUTION_AXES]) {
  int64_t at[SP_CONVOLUTION_AXES];
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) at[i] = p[i] * s->stride[i] + k[i] * s->dilation[i] - s->before[i];
  return inside(at, s->in) ? index_of(at, s->in) : -1;
}

/// Set *index to the output position whose kernel position k reads position p of x, or to -1 outside of y. Returns false if
/// the strides pass over it.
static bool written_by(const sp_convolution_shape *s, const int64_t p[SP_CONVOLUTION_AXES],
                       const int64_t k[SP_CONVOLUTION_AXES], int64_t *index) {
  int64_t at[SP_CONVOLUTION_AXES];
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    int64_t from = p[i] + s->before[i] - k[i] * s->dilation[i];
    if (from % s->stride[i] != 0) return false;
    at[i] = from / s->stride[i];
  }
  *index = inside(at, s->out) ? index_of(at, s->out) : -1;
  return true;
}

#define SP_TEMPLATE "compute/convolution_reference_typed.h"
#include "compute/each_real.h"

void sp_reference_convolution(sp_dtype precision, const sp_convolution_shape *shape, int64_t rows, const void *x,
                              const void *w, const void *bias, void *y) {
  precision == SP_FLOAT32 ? outputs_float(shape, rows, x, w, bias, y) : outputs_double(shape, rows, x, w, bias, y);
}

void sp_reference_convolution_input(sp_dtype precision, const sp_convolution_shape *shape, int64_t rows, const void *dy,
                                    const void *w, void *dx) {
  precision == SP_FLOAT32 ? inputs_float(shape, rows, dy, w, dx) : inputs_double(shape, rows, dy, w, dx);
}

void sp_reference_convolution_weights(sp_dtype precision, const sp_convolution_shape *shape, const sp_lane_rows *rows,
                                      const void *x, const void *dy, void *dw, void *db) {
  precision == SP_FLOAT32 ? weights_float(shape, rows, x, dy, dw, db) : weights_double(shape, rows, x, dy, dw, db);
}
