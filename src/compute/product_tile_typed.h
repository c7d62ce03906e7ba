// SPDX-License-Identifier: Apache-2.0
// The tile of a product: TILE_ROWS rows of C by two vectors, kept in registers. A template, see compute/each_real.h.
//
// A[i][l] is at a + i * a_row + l * a_k, and row l of B at b + l * b_k. A tile at the right edge of C has fewer columns: its
// last vector is masked.

#define VECTOR TYPED(vector)
#define WIDTH TYPED(vector_width)

/// Where a tile goes, and what is done with it.
typedef struct TYPED(target) {
  REAL *c;
  int64_t step;
  int last;          // columns of the last vector, if it is masked
  bool add;          // C holds the sum of the blocks before
  bool relu;         // in the last block
  const REAL *bias;  // of these columns, in the last block; or NULL
} TYPED(target);

/// sum = the chain of k fused multiply-adds of each element.
SP_INLINE void TYPED(chain)(int rows, int vectors, bool edge, TYPED(vector_mask) mask, int64_t k, const REAL *a,
                            int64_t a_row, int64_t a_k, const REAL *b, int64_t b_k,
                            VECTOR sum[TILE_ROWS][TILE_VECTORS]) {
  SP_UNROLL for (int i = 0; i < rows; i++) {
    SP_UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = TYPED(vector_zero)();
  }
  for (int64_t l = 0; l < k; l++) {
    VECTOR row[TILE_VECTORS];
    SP_UNROLL for (int v = 0; v < vectors; v++) {
      bool masked = edge && v == vectors - 1;
      row[v] = masked ? TYPED(vector_load_first)(b + v * WIDTH, mask) : TYPED(vector_load)(b + v * WIDTH);
    }
    SP_UNROLL for (int i = 0; i < rows; i++) {
      VECTOR x = TYPED(vector_splat)(a + i * a_row);
      SP_UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = TYPED(vector_fma)(x, row[v], sum[i][v]);
    }
    a += a_k;
    b += b_k;
  }
}

SP_INLINE void TYPED(write)(int rows, int vectors, bool edge, const TYPED(target) * t,
                            VECTOR sum[TILE_ROWS][TILE_VECTORS]) {
  TYPED(vector_mask) mask = TYPED(vector_first)(edge ? t->last : WIDTH);
  if (t->add) {
    SP_UNROLL for (int i = 0; i < rows; i++) {
      SP_UNROLL for (int v = 0; v < vectors; v++) {
        const REAL *from = t->c + i * t->step + v * WIDTH;
        bool masked = edge && v == vectors - 1;
        VECTOR before = masked ? TYPED(vector_load_first)(from, mask) : TYPED(vector_load)(from);
        sum[i][v] = TYPED(vector_add)(before, sum[i][v]);
      }
    }
  }
  if (t->bias) {
    SP_UNROLL for (int v = 0; v < vectors; v++) {
      bool masked = edge && v == vectors - 1;
      VECTOR bias =
          masked ? TYPED(vector_load_first)(t->bias + v * WIDTH, mask) : TYPED(vector_load)(t->bias + v * WIDTH);
      SP_UNROLL for (int i = 0; i < rows; i++) sum[i][v] = TYPED(vector_add)(sum[i][v], bias);
    }
  }
  if (t->relu) {
    SP_UNROLL for (int i = 0; i < rows; i++) {
      SP_UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = TYPED(vector_relu)(sum[i][v]);
    }
  }
  SP_UNROLL for (int i = 0; i < rows; i++) {
    SP_UNROLL for (int v = 0; v < vectors; v++) {
      REAL *to = t->c + i * t->step + v * WIDTH;
      if (edge && v == vectors - 1) {
        TYPED(vector_store_first)(to, sum[i][v], t->last);
      } else {
        TYPED(vector_store)(to, sum[i][v]);
      }
    }
  }
}

SP_INLINE void TYPED(prefetch)(int rows, const TYPED(target) * t) {
  SP_UNROLL for (int i = 0; i < rows; i++) __builtin_prefetch(t->c + i * t->step, 1);
}

SP_INLINE void TYPED(tile)(int rows, int vectors, bool edge, int64_t k, const REAL *a, int64_t a_row, int64_t a_k,
                           const REAL *b, int64_t b_k, const TYPED(target) * t) {
  VECTOR sum[TILE_ROWS][TILE_VECTORS];
  TYPED(prefetch)(rows, t);
  TYPED(chain)(rows, vectors, edge, TYPED(vector_first)(edge ? t->last : WIDTH), k, a, a_row, a_k, b, b_k, sum);
  TYPED(write)(rows, vectors, edge, t, sum);
}

// --- over lanes ---------------------------------------------------------------------------------------------------

SP_INLINE void TYPED(push)(int rows, int vectors, VECTOR stack[TILE_ROWS][TILE_VECTORS],
                           VECTOR sum[TILE_ROWS][TILE_VECTORS]) {
  SP_UNROLL for (int i = 0; i < rows; i++) { SP_UNROLL for (int v = 0; v < vectors; v++) stack[i][v] = sum[i][v]; }
}

SP_INLINE void TYPED(merge)(int rows, int vectors, VECTOR stack[TILE_ROWS][TILE_VECTORS],
                            VECTOR sum[TILE_ROWS][TILE_VECTORS]) {
  SP_UNROLL for (int i = 0; i < rows; i++) {
    SP_UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = TYPED(vector_add)(stack[i][v], sum[i][v]);
  }
}

/// The sum over the lanes; `a` and `b` are those of the lanes' first row. After each block of a lane, as many sums in
/// progress are added to it as are complete.
SP_INLINE void TYPED(lanes_tile)(int rows, int vectors, bool edge, const sp_lane_rows *lanes, const REAL *a,
                                 int64_t a_k, const REAL *b, int64_t b_k, const TYPED(target) * t) {
  VECTOR stack[SP_LANE_SUMS + 1][TILE_ROWS][TILE_VECTORS], sum[TILE_ROWS][TILE_VECTORS];
  VECTOR(*top)[TILE_VECTORS] = stack[0];
  const TYPED(vector_mask) mask = TYPED(vector_first)(edge ? t->last : WIDTH);
  int64_t begin = lanes->begin, lane = 0, continued = 0;
  TYPED(prefetch)(rows, t);
  for (;;) {
    int64_t k = lanes->end[lane] - begin, left = continued;
    if (k > SP_PRODUCT_BLOCK) {
      k = SP_PRODUCT_BLOCK;
      continued = 1;
    } else {
      left += sp_lane_additions(lanes->lanes, lane);
      lane++;
      continued = 0;
    }
    TYPED(chain)(rows, vectors, edge, mask, k, a, 1, a_k, b, b_k, sum);
    for (; left > 0; left--) {
      top -= TILE_ROWS;
      TYPED(merge)(rows, vectors, top, sum);
    }
    if (lane == lanes->lanes) break;
    TYPED(push)(rows, vectors, top, sum);
    top += TILE_ROWS;
    begin += k;
    a += k * a_k;
    b += k * b_k;
  }
  TYPED(write)(rows, vectors, edge, t, sum);
}

// --- a function for each size -------------------------------------------------------------------------------------

#define TILE(rows, vectors, edge, name)                                                                       \
  static void TYPED(tile_##rows##name)(int64_t k, const REAL *a, int64_t a_row, int64_t a_k, const REAL *b,   \
                                       int64_t b_k, const TYPED(target) * t) {                                \
    TYPED(tile)(rows, vectors, edge, k, a, a_row, a_k, b, b_k, t);                                            \
  }                                                                                                           \
  static void TYPED(lanes_##rows##name)(const sp_lane_rows *lanes, const REAL *a, int64_t a_k, const REAL *b, \
                                        int64_t b_k, const TYPED(target) * t) {                               \
    TYPED(lanes_tile)(rows, vectors, edge, lanes, a, a_k, b, b_k, t);                                         \
  }
#define TILES(rows) TILE(rows, 2, false, whole) TILE(rows, 2, true, wide) TILE(rows, 1, true, narrow)
TILE_EACH_ROWS(TILES)
#undef TILES
#undef TILE

typedef void (*TYPED(tile_function))(int64_t k, const REAL *a, int64_t a_row, int64_t a_k, const REAL *b, int64_t b_k,
                                     const TYPED(target) * t);
typedef void (*TYPED(lanes_function))(const sp_lane_rows *lanes, const REAL *a, int64_t a_k, const REAL *b, int64_t b_k,
                                      const TYPED(target) * t);

enum { TYPED(whole), TYPED(wide), TYPED(narrow), TYPED(forms) };
#define TILES(rows) {TYPED(tile_##rows##whole), TYPED(tile_##rows##wide), TYPED(tile_##rows##narrow)},
static const TYPED(tile_function) TYPED(tile_of)[TILE_ROWS][TYPED(forms)] = {TILE_EACH_ROWS(TILES)};
#undef TILES
#define TILES(rows) {TYPED(lanes_##rows##whole), TYPED(lanes_##rows##wide), TYPED(lanes_##rows##narrow)},
static const TYPED(lanes_function) TYPED(lanes_of)[TILE_ROWS][TYPED(forms)] = {TILE_EACH_ROWS(TILES)};
#undef TILES

/// Returns the form of a tile with this number of columns, and sets *last to the columns of its last vector.
static inline int TYPED(form)(int64_t columns, int *last) {
  *last = (int)(columns - (columns > WIDTH ? WIDTH : 0));
  return columns == 2 * WIDTH ? TYPED(whole) : columns > WIDTH ? TYPED(wide) : TYPED(narrow);
}

/// Do multiply-adds on registers alone, in as many chains as a tile has.
static double TYPED(peak)(int64_t rounds) {
  VECTOR sum[TILE_ROWS][TILE_VECTORS];
  REAL start[TILE_ROWS * TILE_VECTORS * WIDTH], half = (REAL)0.5, one = 1;
  for (int i = 0; i < TILE_ROWS * TILE_VECTORS * WIDTH; i++) start[i] = (REAL)i;
  VECTOR a = TYPED(vector_splat)(&half), b = TYPED(vector_splat)(&one);
  SP_UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    SP_UNROLL for (int v = 0; v < TILE_VECTORS; v++) {
      sum[i][v] = TYPED(vector_load)(start + (i * TILE_VECTORS + v) * WIDTH);
    }
  }
  for (int64_t r = 0; r < rounds; r++) {
    SP_UNROLL for (int i = 0; i < TILE_ROWS; i++) {
      SP_UNROLL for (int v = 0; v < TILE_VECTORS; v++) sum[i][v] = TYPED(vector_fma)(a, sum[i][v], b);
    }
  }
  VECTOR total = TYPED(vector_zero)();
  SP_UNROLL for (int i = 0; i < TILE_ROWS; i++) {
    SP_UNROLL for (int v = 0; v < TILE_VECTORS; v++) total = TYPED(vector_add)(total, sum[i][v]);
  }
  TYPED(vector_store)(start, total);
  double flops = 2.0 * (double)rounds * TILE_ROWS * TILE_VECTORS * WIDTH;
  return start[0] < 0 ? 0 : flops;  // never 0, but so the sums are needed
}

#undef VECTOR
#undef WIDTH
