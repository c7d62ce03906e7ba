// SPDX-License-Identifier: Apache-2.0
// Selecting rows of a table of one type: a template, see compute/each_real.h.

/// Returns the integer, or -1 if x is not an integer in [0, entries).
static inline int64_t TYPED(index_of)(REAL x, int64_t entries) {
  if (!(x >= 0 && x < (REAL)entries)) return -1;
  int64_t index = (int64_t)x;
  return (REAL)index == x && index < entries ? index : -1;
}

static void TYPED(look_up)(const sp_lookup_table *t, int64_t n, const REAL *x, const REAL *entry, REAL *y) {
  for (int64_t i = 0; i < n; i++, y += t->width) {
    int64_t index = TYPED(index_of)(x[i], t->entries);
    if (index >= 0 && index != t->padding) {
      memcpy(y, entry + index * t->width, (size_t)t->width * sizeof *y);
    } else {
      for (int64_t j = 0; j < t->width; j++) y[j] = index < 0 ? (REAL)NAN : 0;
    }
  }
}

static void TYPED(look_up_backward)(const sp_lookup_table *t, int64_t n, const REAL *x, const REAL *restrict dy,
                                    REAL *restrict gradient) {
  int64_t width = t->width;
  memset(gradient, 0, (size_t)(t->entries * width) * sizeof *gradient);
  for (int64_t i = 0; i < n; i++) {
    int64_t index = TYPED(index_of)(x[i], t->entries);
    if (index < 0 || index == t->padding) continue;
    for (int64_t j = 0; j < width; j++) gradient[index * width + j] += dy[i * width + j];
  }
}

static int64_t TYPED(first_wrong)(int64_t entries, int64_t n, const REAL *x) {
  for (int64_t i = 0; i < n; i++) {
    if (TYPED(index_of)(x[i], entries) < 0) return i;
  }
  return -1;
}
