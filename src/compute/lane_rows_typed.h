// SPDX-License-Identifier: Apache-2.0
// Sums over lanes of one type: a template, see compute/each_real.h.

SP_HOT static void TYPED(round_product)(int64_t n, double factor, const double *restrict from, REAL *restrict to) {
  for (int64_t j = 0; j < n; j++) to[j] = (REAL)(factor * from[j]);
}

SP_HOT static void TYPED(add_to)(int64_t n, const REAL *restrict from, REAL *restrict into) {
  for (int64_t j = 0; j < n; j++) into[j] += from[j];
}

static void TYPED(lanes_add)(int64_t lanes, int64_t n, double factor, const double *sums, int64_t step, REAL *out) {
  enum { WIDTH = 128 };  // columns at a time
  REAL sum[SP_LANE_SUMS][WIDTH];
  for (int64_t first = 0; first < n; first += WIDTH) {
    const int64_t width = n - first < WIDTH ? n - first : WIDTH;
    for (int64_t lane = 0; lane < lanes; lane++) {
      int place = sp_lane_place(lane);
      TYPED(round_product)(width, factor, sums + lane * step + first, sum[place]);
      for (int left = sp_lane_additions(lanes, lane); left > 0; left--, place--) {
        TYPED(add_to)(width, sum[place], sum[place - 1]);
      }
    }
    memcpy(out + first, sum[0], (size_t)width * sizeof *out);
  }
}
