// SPDX-License-Identifier: Apache-2.0
// Pooling in both precisions.
#include "compute/pooling.h"

#include <string.h>

/// The part of a window that is within x: positions [begin, end) of each axis.
typedef struct window {
  int64_t begin[SP_POOLING_AXES], end[SP_POOLING_AXES];
} window;

static int64_t positions_of(const int64_t extent[SP_POOLING_AXES]) { return extent[0] * extent[1] * extent[2]; }

static window window_of(const sp_pooling *p, int64_t output) {
  const int64_t at[] = {output / (p->out[1] * p->out[2]), output / p->out[2] % p->out[1], output % p->out[2]};
  window w;
  for (int i = 0; i < SP_POOLING_AXES; i++) {
    const int64_t begin = at[i] * p->stride[i] - p->before[i], end = begin + p->size[i];
    w.begin[i] = begin > 0 ? begin : 0;
    w.end[i] = end < p->in[i] ? end : p->in[i];
  }
  return w;
}

static int64_t count_of(const window *w) {
  return (w->end[0] - w->begin[0]) * (w->end[1] - w->begin[1]) * (w->end[2] - w->begin[2]);
}

/// Precedes a statement for each position `at` of a window, an index into x.
#define FOR_EACH_POSITION(p, w)                                                                                  \
  for (int64_t i = (w).begin[0]; i < (w).end[0]; i++)                                                            \
    for (int64_t j = (w).begin[1]; j < (w).end[1]; j++)                                                          \
      for (int64_t at = (i * (p)->in[1] + j) * (p)->in[2] + (w).begin[2], last = at + (w).end[2] - (w).begin[2]; \
           at < last; at++)

#define SP_TEMPLATE "compute/pooling_typed.h"
#include "compute/each_real.h"

void sp_max_pool(sp_dtype precision, const sp_pooling *p, int64_t rows, const void *x, void *y, int32_t *position) {
  precision == SP_FLOAT32 ? max_pool_float(p, rows, x, y, position) : max_pool_double(p, rows, x, y, position);
}

void sp_max_pool_backward(sp_dtype precision, const sp_pooling *p, int64_t rows, const void *dy,
                          const int32_t *position, void *dx) {
  precision == SP_FLOAT32 ? max_pool_backward_float(p, rows, dy, position, dx)
                          : max_pool_backward_double(p, rows, dy, position, dx);
}

void sp_average_pool(sp_dtype precision, const sp_pooling *p, int64_t rows, const void *x, void *y) {
  precision == SP_FLOAT32 ? average_pool_float(p, rows, x, y) : average_pool_double(p, rows, x, y);
}

void sp_average_pool_backward(sp_dtype precision, const sp_pooling *p, int64_t rows, const void *dy, void *dx) {
  precision == SP_FLOAT32 ? average_pool_backward_float(p, rows, dy, dx)
                          : average_pool_backward_double(p, rows, dy, dx);
}
