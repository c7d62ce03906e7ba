// SPDX-License-Identifier: Apache-2.0
// orthogonal: a matrix whose rows or columns, whichever are fewer, are orthogonal to each other and have the length
// `gain`: the Q of a normally distributed matrix whose R has a positive diagonal. Saxe et al. 2013, "Exact solutions to
// the nonlinear dynamics of learning in deep linear neural networks"; as PyTorch's orthogonal_.
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/row_sum.h"
#include "model/initialiser.h"

typedef struct orthogonal_options {
  double gain;
} orthogonal_options;

static const sp_option options[] = {
    {.name = "gain",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(orthogonal_options, gain),
     .preset = "1",
     .range = "(0, inf)",
     .help = "length of the vectors"},
    {0},
};

static double dot(int64_t n, const double *a, const double *b) {
  double sum;
  SP_ROW_SUM(sum, i, n, a[i] * b[i]);
  return sum;
}

// Gram-Schmidt on `count` vectors of length n. Projections are removed twice, because rounding leaves a rest.
static void make_orthogonal(double *vector, int64_t count, int64_t n) {
  for (int64_t k = 0; k < count; k++) {
    double *v = vector + k * n;
    for (int64_t i = 0; i < 2 * k; i++) {
      const double *before = vector + i % k * n;
      double share = dot(n, v, before);
      for (int64_t j = 0; j < n; j++) v[j] -= share * before[j];
    }
    double length = sqrt(dot(n, v, v));
    for (int64_t j = 0; j < n; j++) v[j] /= length;
  }
}

// The tensor is a matrix with its last extent as columns.
static sp_status fill(const void *given, const sp_initial_tensor *t) {
  double gain = ((const orthogonal_options *)given)->gain, *vector;
  const sp_shape *shape = &t->parameter->shape;
  int64_t columns = shape->rank > 0 ? shape->extent[shape->rank - 1] : 1, rows = t->parameter->count / columns;
  int64_t count = rows < columns ? rows : columns, n = rows < columns ? columns : rows;
  SP_TRY(sp_allocate(t->parameter->count, sizeof *vector, "an orthogonal matrix", &vector));
  sp_normals(t->key, 0, t->parameter->count, vector);
  make_orthogonal(vector, count, n);
  for (int64_t i = 0; i < t->parameter->count; i++) {
    int64_t row = i / columns, column = i % columns;
    sp_initial_set(t, i, gain * (rows < columns ? vector[row * n + column] : vector[column * n + row]));
  }
  free(vector);
  return SP_OK;
}

const sp_initialiser sp_initialiser_orthogonal = {
    .about = {"orthogonal", "a matrix of orthogonal vectors", options, sizeof(orthogonal_options)},
    .fill = fill,
};
