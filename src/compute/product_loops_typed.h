// SPDX-License-Identifier: Apache-2.0
// The loops around the tiles of a product, and the packing of its factors. A template, see compute/each_real.h.
//
// B is packed in strips as wide as a tile, A in groups of rows as high as a tile, so that a tile reads contiguous memory.
// What is packed, in which pieces, and which of the two factors takes the place of A cannot change a bit.

#define STRIP (TILE_VECTORS * TYPED(vector_width))
enum {
  TYPED(a_rows) = 384 / sizeof(REAL) / TILE_ROWS * TILE_ROWS,  // rows of A at a time
  TYPED(b_columns) = 1024 / sizeof(REAL),                      // columns of B at a time
  TYPED(chunk_rows) = 5 * TYPED(a_rows),                       // rows at a time of a product that is transposed
  TYPED(apart) = 64 / sizeof(REAL),  // strips and groups are a cache line more than their size apart
  // Memory for what is packed, and for a piece that is transposed.
  TYPED(packed_a) = TYPED(a_rows) * (SP_PRODUCT_BLOCK + TYPED(apart)),
  TYPED(packed_b) = TYPED(b_columns) / STRIP * (SP_PRODUCT_BLOCK * STRIP + TYPED(apart)),
  TYPED(piece) = TYPED(chunk_rows) * (TYPED(b_columns) + TYPED(apart)),
  TYPED(scratch) = (TYPED(packed_a) + TYPED(packed_b) + TYPED(piece)) * sizeof(REAL)
};

/// A product C = A B whose rows of C and, unless it is packed, rows of B are contiguous.
typedef struct TYPED(problem) {
  const REAL *a;
  int64_t a_row, a_k;
  const REAL *b;
  int64_t b_k, b_column;
  REAL *c;
  int64_t c_step;
  const REAL *bias;
  bool relu, pack_a, pack_b;
  REAL *packed_a, *packed_b;
} TYPED(problem);

static inline int64_t TYPED(smaller)(int64_t a, int64_t b) { return a < b ? a : b; }

// --- packing ------------------------------------------------------------------------------------------------------

/// to[j][i] = from[i][j], for `rows` rows and `columns` columns of `from`.
static void TYPED(transpose)(int64_t rows, int64_t columns, const REAL *from, int64_t from_step, REAL *to,
                             int64_t to_step) {
  enum { SQUARE = TYPED(vector_square) };
  int64_t i = 0;
  for (; i + SQUARE <= rows; i += SQUARE) {
    int64_t j = 0;
    for (; j + SQUARE <= columns; j += SQUARE) {
      TYPED(vector_transpose)(from + i * from_step + j, from_step, to + j * to_step + i, to_step);
    }
    for (; j < columns; j++) {
      for (int64_t r = i; r < i + SQUARE; r++) to[j * to_step + r] = from[r * from_step + j];
    }
  }
  for (; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) to[j * to_step + i] = from[i * from_step + j];
  }
}

static inline int64_t TYPED(strip_step)(int64_t k) { return k * STRIP + TYPED(apart); }

/// Pack B (k, n): strip after strip, within a strip row after row.
static void TYPED(pack_b)(int64_t k, int64_t n, const REAL *b, int64_t b_k, int64_t b_column, REAL *to) {
  if (b_column != 1) {
    for (int64_t j = 0; j < n; j += STRIP, to += TYPED(strip_step)(k)) {
      TYPED(transpose)(TYPED(smaller)(n - j, STRIP), k, b + j * b_column, b_column, to, STRIP);
    }
    return;
  }
  int64_t whole = n / STRIP, rest = n % STRIP;
  for (int64_t l = 0; l < k; l++, b += b_k, to += STRIP) {
    REAL *at = to;
    for (int64_t s = 0; s < whole; s++, at += TYPED(strip_step)(k)) memcpy(at, b + s * STRIP, STRIP * sizeof(REAL));
    for (int64_t j = 0; j < rest; j++) at[j] = b[whole * STRIP + j];
  }
}

/// Pack A (m, k) whose columns are contiguous: group after group of `height` rows or one fewer, within a group column after
/// column.
static void TYPED(pack_a)(int64_t m, int64_t k, const REAL *a, int64_t a_k, int64_t groups, REAL *to) {
  int64_t base = m / groups, more = m % groups;  // the first `more` groups have a row more
  for (int64_t l = 0; l < k; l++, a += a_k) {
    const REAL *from = a;
    for (int64_t g = 0; g < groups; g++) {
      int64_t rows = base + (g < more);
      REAL *at = to + (from - a) * k + g * TYPED(apart) + l * rows;
      if (rows == TILE_ROWS) {
        memcpy(at, from, TILE_ROWS * sizeof(REAL));
      } else {
        for (int64_t i = 0; i < rows; i++) at[i] = from[i];
      }
      from += rows;
    }
  }
}

// --- loops --------------------------------------------------------------------------------------------------------

/// C += A B for at most a_rows rows and b_columns columns, and a block of k; first: C = A B.
static void TYPED(multiply)(const TYPED(problem) * p, int64_t m, int64_t n, int64_t k, bool first, bool last) {
  int64_t groups = (m + TILE_ROWS - 1) / TILE_ROWS, base = m / groups, more = m % groups;
  const REAL *a = p->a;
  int64_t a_row = p->a_row;
  if (p->pack_a && p->a_k == 1) {
    for (int64_t i = 0; i < m; i++) memcpy(p->packed_a + i * k, a + i * a_row, (size_t)k * sizeof *a);
    a = p->packed_a;
    a_row = k;
  } else if (p->pack_a) {
    TYPED(pack_a)(m, k, a, p->a_k, groups, p->packed_a);
  }
  bool grouped = p->pack_a && p->a_k != 1;
  TYPED(target) target = {.step = p->c_step, .add = !first, .relu = last && p->relu};
  for (int64_t j = 0; j < n; j += STRIP) {
    int form = TYPED(form)(TYPED(smaller)(n - j, STRIP), &target.last);
    const REAL *b = p->pack_b ? p->packed_b + j / STRIP * TYPED(strip_step)(k) : p->b + j;
    int64_t b_k = p->pack_b ? STRIP : p->b_k;
    if (last && p->bias) target.bias = p->bias + j;
    target.c = p->c + j;
    int64_t i = 0;
    for (int64_t g = 0; g < groups; g++) {
      int64_t rows = base + (g < more);
      TYPED(tile_function) tile = TYPED(tile_of)[rows - 1][form];
      if (grouped) {
        tile(k, p->packed_a + i * k + g * TYPED(apart), 1, rows, b, b_k, &target);
      } else {
        tile(k, a + i * a_row, a_row, p->a_k, b, b_k, &target);
      }
      i += rows;
      target.c += rows * p->c_step;
    }
  }
}

/// One block of k for m rows of C and at most b_columns columns.
static void TYPED(multiply_rows)(TYPED(problem) p, int64_t m, int64_t n, int64_t k, bool first, bool last) {
  for (int64_t i = 0; i < m; i += TYPED(a_rows)) {
    int64_t rows = TYPED(smaller)(m - i, TYPED(a_rows));
    TYPED(multiply)(&p, rows, n, k, first, last);
    p.a += rows * p.a_row;
    p.c += rows * p.c_step;
  }
}

/// All blocks of k, for columns [begin, begin + n) and m rows of C. B may be packed already, if it has only one block.
static void TYPED(multiply_blocks)(TYPED(problem) p, int64_t m, int64_t n, int64_t k, bool packed) {
  int64_t l = 0;
  do {
    int64_t block = TYPED(smaller)(k - l, SP_PRODUCT_BLOCK);
    if (p.pack_b && !packed) TYPED(pack_b)(block, n, p.b, p.b_k, p.b_column, p.packed_b);
    TYPED(multiply_rows)(p, m, n, block, l == 0, l + block == k);
    l += block;
    p.a += block * p.a_k;
    p.b += block * p.b_k;
  } while (l < k);
}

static void TYPED(multiply_plain)(TYPED(problem) p, int64_t m, int64_t n, int64_t k) {
  int64_t at_a_time = p.pack_b ? TYPED(b_columns) : n;
  for (int64_t j = 0; j < n; j += at_a_time) {
    TYPED(multiply_blocks)(p, m, TYPED(smaller)(n - j, at_a_time), k, false);
    p.b += at_a_time * p.b_column;
    p.c += at_a_time;
    if (p.bias) p.bias += at_a_time;
  }
}

// --- transposed ---------------------------------------------------------------------------------------------------

/// c = f(c + bias) for rows of C.
static void TYPED(finish)(int64_t rows, int64_t n, REAL *c, int64_t step, const REAL *bias, bool relu) {
  for (int64_t i = 0; i < rows; i++, c += step) {
    if (bias) {
      for (int64_t j = 0; j < n; j++) c[j] += bias[j];
    }
    if (relu) {
      for (int64_t j = 0; j < n; j++) c[j] = c[j] < 0 ? 0 : c[j];
    }
  }
}

/// Compute C^T = B^T A^T in pieces, and transpose them. `p` is that product, with m rows; C and its bias are the job's.
static void TYPED(multiply_transposed)(TYPED(problem) p, const sp_product_job *job, REAL *piece, int64_t k) {
  int64_t m = job->n, n = job->m;
  for (int64_t j = 0; j < n; j += TYPED(b_columns)) {
    int64_t columns = TYPED(smaller)(n - j, TYPED(b_columns));
    TYPED(problem) part = p;
    part.c = piece;
    part.c_step = columns + TYPED(apart);
    part.b += j * p.b_column;
    for (int64_t i = 0; i < m; i += TYPED(chunk_rows)) {
      int64_t rows = TYPED(smaller)(m - i, TYPED(chunk_rows));
      TYPED(multiply_blocks)(part, rows, columns, k, i > 0 && k <= SP_PRODUCT_BLOCK);
      REAL *c = (REAL *)job->c + j * job->c_step + i;
      const REAL *bias = job->bias ? (const REAL *)job->bias + i : NULL;
      TYPED(transpose)(rows, columns, piece, part.c_step, c, job->c_step);
      if (bias || job->relu) TYPED(finish)(columns, rows, c, job->c_step, bias, job->relu);
      part.a += rows * p.a_row;
    }
  }
}

/// Returns the time of a product in multiply-adds of a whole row of a tile, about. `contiguous`: the rows of B are.
static double TYPED(cost)(int64_t m, int64_t n, int64_t k, bool contiguous, bool transposed) {
  double strips = (double)((n + STRIP - 1) / STRIP), size = (double)n * (double)k;
  return strips * (double)m * (double)k + (contiguous ? 0 : 0.6 * size) + (transposed ? (double)n * (double)m : 0);
}

static void TYPED(product)(const sp_product_job *job) {
  if (job->m == 0 || job->n == 0) return;
  int64_t m = job->m, n = job->n, k = job->k;
  TYPED(problem) p = {.packed_a = job->scratch};
  p.packed_b = p.packed_a + TYPED(packed_a);
  REAL *piece = p.packed_b + TYPED(packed_b);
  bool transposed = TYPED(cost)(n, m, k, job->a_row == 1, true) < TYPED(cost)(m, n, k, job->b_column == 1, false);
  if (transposed) {
    p.a = job->b, p.a_row = job->b_column, p.a_k = job->b_k;
    p.b = job->a, p.b_k = job->a_k, p.b_column = job->a_row;
    m = job->n, n = job->m;
  } else {
    p.a = job->a, p.a_row = job->a_row, p.a_k = job->a_k;
    p.b = job->b, p.b_k = job->b_k, p.b_column = job->b_column;
    p.c = job->c, p.c_step = job->c_step;
    p.bias = job->bias, p.relu = job->relu;
  }
  p.pack_b = p.b_column != 1 || m > 24;
  p.pack_a = n > 64;
  if (transposed) {
    TYPED(multiply_transposed)(p, job, piece, k);
  } else {
    TYPED(multiply_plain)(p, m, n, k);
  }
}

// --- over lanes ---------------------------------------------------------------------------------------------------

static void TYPED(lanes)(const sp_product_job *job, const sp_lane_rows *rows) {
  int64_t m = job->m, n = job->n;
  const REAL *a = (const REAL *)job->a + rows->begin * job->a_k, *b = (const REAL *)job->b + rows->begin * job->b_k;
  int64_t groups = (m + TILE_ROWS - 1) / TILE_ROWS, base = groups ? m / groups : 0, more = groups ? m % groups : 0;
  TYPED(target) target = {.step = job->c_step};
  for (int64_t j = 0; j < n; j += STRIP) {
    int form = TYPED(form)(TYPED(smaller)(n - j, STRIP), &target.last);
    int64_t i = 0;
    for (int64_t g = 0; g < groups; g++) {
      int64_t count = base + (g < more);
      target.c = (REAL *)job->c + i * job->c_step + j;
      TYPED(lanes_of)[count - 1][form](rows, a + i, job->a_k, b + j, job->b_k, &target);
      i += count;
    }
  }
}

#undef STRIP
