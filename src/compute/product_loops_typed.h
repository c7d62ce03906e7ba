// SPDX-License-Identifier: Apache-2.0
// The loops around the tiles of a product, and the packing of its factors. A template, see compute/each_real.h.
//
// B is packed in strips as wide as a tile, A in groups of rows as high as a tile, so that a tile reads contiguous memory.
// What is packed, in which pieces, and which of the two factors takes the place of A cannot change a bit.

#define STRIP (TILE_VECTORS * TYPED(vector_width))
enum {
  TYPED(apart) = 64 / sizeof(REAL),  // strips and groups are a cache line more than their size apart
  TYPED(few_strips) = 4              // packed at a time if all rows of A stay packed
};

/// A part of a matrix that is read next, and how many of its lines are fetched with each tile.
typedef struct TYPED(ahead) {
  const REAL *at;
  int64_t rows, columns, step, column;
  int lines;
} TYPED(ahead);

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
  int64_t a_values, b_values;  ///< of memory for what is packed
  const sp_lane_rows *lanes;   ///< NULL: the product of all rows
} TYPED(problem);

static inline int64_t TYPED(smaller)(int64_t a, int64_t b) { return a < b ? a : b; }

/// Returns how many rows of A are packed at a time, for a block of k.
static inline int64_t TYPED(most_rows)(const TYPED(problem) * p, int64_t k) {
  return TYPED(smaller)(p->a_values / TILE_ROWS / (k > 0 ? k : 1), SP_PRODUCT_PIECES) * TILE_ROWS;
}

/// Returns how many columns of B are packed at a time, for a block of k.
static inline int64_t TYPED(most_columns)(const TYPED(problem) * p, int64_t k) {
  return TYPED(smaller)(p->b_values / STRIP / (k > 0 ? k : 1), SP_PRODUCT_PIECES) * STRIP;
}

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

/// Fetch the next lines of what is read next.
static inline void TYPED(fetch)(TYPED(ahead) * ahead) {
  enum { LINE = 64 / sizeof(REAL) };
  for (int i = 0; i < ahead->lines && ahead->rows > 0; i++) {
    __builtin_prefetch(ahead->at + ahead->column, 0, 2);
    ahead->column += LINE;
    if (ahead->column < ahead->columns) continue;
    ahead->column = 0;
    ahead->at += ahead->step;
    ahead->rows--;
  }
}

/// Pack m rows of A for a block of k.
static void TYPED(pack_rows)(const TYPED(problem) * p, int64_t m, int64_t k) {
  if (p->a_k != 1) {
    TYPED(pack_a)(m, k, p->a, p->a_k, (m + TILE_ROWS - 1) / TILE_ROWS, p->packed_a);
    return;
  }
  for (int64_t i = 0; i < m; i++) memcpy(p->packed_a + i * k, p->a + i * p->a_row, (size_t)k * sizeof(REAL));
}

/// C += A B for some rows and columns, and a block of k; first: C = A B. What is packed has been packed.
static void TYPED(multiply)(const TYPED(problem) * p, int64_t m, int64_t n, int64_t k, bool first, bool last,
                            TYPED(ahead) * ahead) {
  int64_t groups = (m + TILE_ROWS - 1) / TILE_ROWS, base = m / groups, more = m % groups;
  bool grouped = p->pack_a && p->a_k != 1;
  const REAL *a = p->pack_a ? p->packed_a : p->a;
  int64_t a_row = p->pack_a && !grouped ? k : p->a_row;
  TYPED(target) target = {.step = p->c_step, .add = !first, .relu = last && p->relu};
  const REAL *bias = last ? p->bias : NULL;
  const int64_t strips = (n + STRIP - 1) / STRIP, b_k = p->pack_b ? STRIP : p->b_k;
  const int64_t b_step = p->pack_b ? TYPED(strip_step)(k) : STRIP;
  const REAL *b = p->pack_b ? p->packed_b : p->b;
  const bool rows_first = p->pack_b && k >= SP_PRODUCT_BLOCK / 2;  // B stays in the second cache, and A in the first
  for (int64_t outer = 0; outer < (rows_first ? groups : strips); outer++) {
    for (int64_t inner = 0; inner < (rows_first ? strips : groups); inner++) {
      int64_t g = rows_first ? outer : inner, strip = rows_first ? inner : outer, j = strip * STRIP;
      int64_t rows = base + (g < more), i = g * base + TYPED(smaller)(g, more);
      int form = TYPED(form)(TYPED(smaller)(n - j, STRIP), &target.last);
      const REAL *b_tile = b + strip * b_step, *a_tile = a + (grouped ? i * k + g * TYPED(apart) : i * a_row);
      target.c = p->c + i * p->c_step + j;
      target.bias = bias ? bias + j : NULL;
      if (ahead->rows > 0) TYPED(fetch)(ahead);
      if (p->lanes) {
        TYPED(lanes_of)[rows - 1][form](p->lanes, a_tile, grouped ? rows : p->a_k, b_tile, b_k, &target);
      } else {
        TYPED(tile_of)[rows - 1][form](k, a_tile, grouped ? 1 : a_row, grouped ? rows : p->a_k, b_tile, b_k, &target);
      }
    }
  }
}

/// Returns what is read next of A, m rows and a block of k, while `tiles` tiles are computed.
static TYPED(ahead) TYPED(ahead_of)(const REAL *at, int64_t rows, int64_t columns, int64_t step, int64_t tiles) {
  int64_t lines = rows * ((columns * (int64_t)sizeof(REAL) + 63) / 64);
  return (TYPED(ahead)){at, rows, columns, step, 0, (int)(lines / tiles + 1)};
}

static inline int64_t TYPED(tiles)(int64_t m, int64_t n) {
  return ((m + TILE_ROWS - 1) / TILE_ROWS) * ((n + STRIP - 1) / STRIP);
}

/// One block of k for m rows of C and columns that are packed. In the meantime the next rows of A are fetched, or `next`.
static void TYPED(multiply_rows)(TYPED(problem) p, int64_t m, int64_t n, int64_t k, bool first, bool last,
                                 bool packed_rows, TYPED(ahead) next) {
  int64_t height = TYPED(most_rows)(&p, k);
  if (height == 0) height = m;  // too many rows of lanes to be packed
  for (int64_t i = 0; i < m; i += height) {
    int64_t rows = TYPED(smaller)(m - i, height), more = TYPED(smaller)(m - i - rows, height);
    if (p.pack_a && !packed_rows) TYPED(pack_rows)(&p, rows, k);
    if (more > 0) {
      const REAL *a = p.a + rows * p.a_row;
      int64_t tiles = TYPED(tiles)(rows, n);
      TYPED(ahead)
      ahead = p.a_k == 1 ? TYPED(ahead_of)(a, more, k, p.a_row, tiles) : TYPED(ahead_of)(a, k, more, p.a_k, tiles);
      TYPED(multiply)(&p, rows, n, k, first, last, &ahead);
    } else {
      TYPED(multiply)(&p, rows, n, k, first, last, &next);
    }
    p.a += rows * p.a_row;
    p.c += rows * p.c_step;
  }
}

/// All blocks of k for m rows and n columns of C. Unless B has only one block and one panel, `way` is PACK_STRIPS.
static void TYPED(multiply_blocks)(TYPED(problem) p, int64_t m, int64_t n, int64_t k, packing way) {
  int64_t l = 0;
  do {
    int64_t block = p.lanes ? k : TYPED(smaller)(k - l, SP_PRODUCT_BLOCK),
            width = p.pack_b ? TYPED(most_columns)(&p, block) : n;
    bool once = m <= TYPED(most_rows)(&p, block);
    if (once && p.pack_b && way == PACK_STRIPS) width = TYPED(smaller)(width, TYPED(few_strips) * STRIP);
    if (once && p.pack_a) TYPED(pack_rows)(&p, m, block);
    for (int64_t j = 0; j < n; j += width) {
      TYPED(problem) part = p;
      int64_t columns = TYPED(smaller)(n - j, width), more = TYPED(smaller)(n - j - columns, width);
      part.b += j * p.b_column;
      part.c += j;
      if (p.bias) part.bias += j;
      if (p.pack_b && way != PACKED) TYPED(pack_b)(block, columns, part.b, p.b_k, p.b_column, p.packed_b);
      TYPED(ahead) next = {0};
      if (more > 0 && p.pack_b) {
        const REAL *b = part.b + columns * p.b_column;
        int64_t tiles = TYPED(tiles)(TYPED(smaller)(m, TYPED(most_rows)(&p, block)), columns);
        next = p.b_column == 1 ? TYPED(ahead_of)(b, block, more, p.b_k, tiles)
                               : TYPED(ahead_of)(b, more, block, p.b_column, tiles);
      } else if (once && l + block < k) {
        const REAL *a = p.a + block * p.a_k;
        int64_t tiles = TYPED(tiles)(m, columns), following = TYPED(smaller)(k - l - block, SP_PRODUCT_BLOCK);
        next = p.a_k == 1 ? TYPED(ahead_of)(a, m, following, p.a_row, tiles)
                          : TYPED(ahead_of)(a, following, m, p.a_k, tiles);
      }
      TYPED(multiply_rows)(part, m, columns, block, l == 0, l + block == k, once, next);
    }
    l += block;
    p.a += block * p.a_k;
    p.b += block * p.b_k;
  } while (l < k);
}

static void TYPED(multiply_plain)(TYPED(problem) p, int64_t m, int64_t n, int64_t k) {
  // Few rows stay packed while all columns are computed.
  int64_t block = p.lanes ? k : TYPED(smaller)(k, SP_PRODUCT_BLOCK);
  int64_t width = p.pack_b && m > TYPED(most_rows)(&p, block) ? TYPED(most_columns)(&p, block) : n;
  for (int64_t j = 0; j < n; j += width) {
    TYPED(multiply_blocks)(p, m, TYPED(smaller)(n - j, width), k, PACK_STRIPS);
    p.b += width * p.b_column;
    p.c += width;
    if (p.bias) p.bias += width;
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

/// Compute C^T = B^T A^T in pieces, and transpose them. `p` is that product; C and its bias are the job's.
static void TYPED(multiply_transposed)(TYPED(problem) p, const sp_product_job *job, REAL *piece, int64_t k) {
  int64_t m = job->n, n = job->m, block = p.lanes ? k : TYPED(smaller)(k, SP_PRODUCT_BLOCK);
  int64_t width = TYPED(most_columns)(&p, block);
  if (width == 0) width = TYPED(few_strips) * STRIP;
  width = TYPED(smaller)(width, n);
  int64_t height = SP_PRODUCT_PIECE / (int64_t)sizeof(REAL) / (width + TYPED(apart));
  for (int64_t j = 0; j < n; j += width) {
    int64_t columns = TYPED(smaller)(n - j, width);
    TYPED(problem) part = p;
    part.c = piece;
    part.c_step = columns + TYPED(apart);
    part.b += j * p.b_column;
    const bool again = block == k && m > height;  // B is used for more than one piece
    for (int64_t i = 0; i < m; i += height) {
      int64_t rows = TYPED(smaller)(m - i, height);
      TYPED(multiply_blocks)(part, rows, columns, k, !again ? PACK_STRIPS : i == 0 ? PACK_ALL : PACKED);
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
  const REAL *a = job->a, *b = job->b;
  if (job->lanes) {
    k = job->lanes->end[job->lanes->lanes - 1] - job->lanes->begin;
    a += job->lanes->begin * job->a_k;
    b += job->lanes->begin * job->b_k;
  }
  TYPED(problem)
  p = {.lanes = job->lanes,
       .packed_a = job->scratch,
       .a_values = sp_product_a_bytes(job->cache) / (int64_t)sizeof(REAL),
       .b_values = sp_product_b_bytes(job->cache) / (int64_t)sizeof(REAL)};
  p.packed_b = p.packed_a + p.a_values + (SP_PRODUCT_PIECES + 1) * TYPED(apart);
  REAL *piece = p.packed_b + p.b_values + (SP_PRODUCT_PIECES + 1) * TYPED(apart);
  bool transposed = TYPED(cost)(n, m, k, job->a_row == 1, true) < TYPED(cost)(m, n, k, job->b_column == 1, false);
  if (transposed) {
    p.a = b, p.a_row = job->b_column, p.a_k = job->b_k;
    p.b = a, p.b_k = job->a_k, p.b_column = job->a_row;
    m = job->n, n = job->m;
  } else {
    p.a = a, p.a_row = job->a_row, p.a_k = job->a_k;
    p.b = b, p.b_k = job->b_k, p.b_column = job->b_column;
    p.c = job->c, p.c_step = job->c_step;
    p.bias = job->bias, p.relu = job->relu;
  }
  // Rows of A that begin at the same place of a cache line's set displace each other.
  const bool displaced = (size_t)(p.a_row == 1 ? p.a_k : p.a_row) * sizeof(REAL) % 1024 == 0;
  p.pack_a = n >= (displaced ? 64 : 512);
  p.pack_b = p.b_column != 1 || m > 4 * TILE_ROWS;
  if (job->lanes) {
    p.pack_a = p.pack_a && TYPED(most_rows)(&p, k) > 0;
    p.pack_b = p.pack_b && TYPED(most_columns)(&p, k) > 0;
  }
  if (transposed) {
    TYPED(multiply_transposed)(p, job, piece, k);
  } else {
    TYPED(multiply_plain)(p, m, n, k);
  }
}

#undef STRIP
