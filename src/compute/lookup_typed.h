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

static void TYPED(add_vector)(int64_t n, const REAL *restrict from, REAL *restrict into) {
  for (int64_t j = 0; j < n; j++) into[j] += from[j];
}

/// Add the rows [begin, end) to the entries, in their order.
static void TYPED(add_in_order)(const sp_lookup_table *t, int64_t begin, int64_t end, const REAL *x, const REAL *dy,
                                REAL *gradient) {
  for (int64_t i = begin; i < end; i++) {
    int64_t index = TYPED(index_of)(x[i], t->entries);
    if (index < 0 || index == t->padding) continue;
    TYPED(add_vector)(t->width, dy + i * t->width, gradient + index * t->width);
  }
}

/// Sort the numbers of rows [begin, end) by entry, and those of an entry in ascending order. Returns where they are: `order`
/// or the memory behind them; *count is set to their number, without the rows that are omitted.
static const int64_t *TYPED(sort_by_entry)(const sp_lookup_table *t, int64_t begin, int64_t end, const REAL *x,
                                           int64_t *order, int64_t *count) {
  int64_t n = 0, *from = order, *to;
  for (int64_t i = begin; i < end; i++) {
    int64_t index = TYPED(index_of)(x[i], t->entries);
    if (index >= 0 && index != t->padding) from[n++] = i;
  }
  to = from + n;
  for (int64_t span = 1; span < n; span *= 2) {  // merge sorted stretches
    for (int64_t first = 0; first < n; first += 2 * span) {
      int64_t middle = first + span < n ? first + span : n, last = middle + span < n ? middle + span : n;
      for (int64_t a = first, b = middle, k = first; k < last; k++) {
        bool left = b == last || (a < middle && x[from[a]] <= x[from[b]]);
        to[k] = from[left ? a++ : b++];
      }
    }
    int64_t *swap = from;
    from = to;
    to = swap;
  }
  *count = n;
  return from;
}

/// Returns the level of the lane tree below which two lanes meet.
static inline int TYPED(meeting)(int64_t a, int64_t b) { return 63 - __builtin_clzll((unsigned long long)(a ^ b)); }

enum { TYPED(columns_at_a_time) = 64 };

/// Sum columns [first, first + n), n at most columns_at_a_time, of the sorted rows of one entry. Lanes without a row of it
/// would add +0 to sums that are not -0, which changes nothing: only sums of the other lanes are added, in the order of the
/// tree.
static void TYPED(sum_entry)(const sp_lookup_table *t, const sp_lane_rows *rows, int64_t each, const int64_t *order,
                             int64_t count, const REAL *dy, int64_t first, int64_t n, REAL *out) {
  REAL sum[SP_LANE_SUMS + 1][TYPED(columns_at_a_time)];
  int64_t lane_of[SP_LANE_SUMS + 1], lane = 0;
  int top = -1;
  for (int64_t i = 0; i < count; i++) {
    while (order[i] >= rows->end[lane] * each) lane++;
    if (top < 0 || lane_of[top] != lane) {
      for (; top > 0 && TYPED(meeting)(lane_of[top - 1], lane_of[top]) < TYPED(meeting)(lane_of[top], lane); top--) {
        TYPED(add_vector)(n, sum[top], sum[top - 1]);
      }
      lane_of[++top] = lane;
      memset(sum[top], 0, sizeof sum[top]);
    }
    TYPED(add_vector)(n, dy + order[i] * t->width + first, sum[top]);
  }
  for (; top > 0; top--) TYPED(add_vector)(n, sum[top], sum[top - 1]);
  memcpy(out + first, sum[0], (size_t)n * sizeof *out);
}

static void TYPED(look_up_backward)(const sp_lookup_table *t, const sp_lane_rows *rows, int64_t each, const REAL *x,
                                    const REAL *dy, REAL *gradient, int64_t *order) {
  int64_t begin = rows->begin * each, end = rows->end[rows->lanes - 1] * each, count;
  memset(gradient, 0, (size_t)(t->entries * t->width) * sizeof *gradient);
  if (rows->lanes == 1) {
    TYPED(add_in_order)(t, begin, end, x, dy, gradient);
    return;
  }
  const int64_t *sorted = TYPED(sort_by_entry)(t, begin, end, x, order, &count);
  for (int64_t i = 0, next; i < count; i = next) {
    for (next = i + 1; next < count && x[sorted[next]] == x[sorted[i]];) next++;
    for (int64_t first = 0; first < t->width; first += TYPED(columns_at_a_time)) {
      int64_t n = t->width - first < TYPED(columns_at_a_time) ? t->width - first : TYPED(columns_at_a_time);
      TYPED(sum_entry)
      (t, rows, each, sorted + i, next - i, dy, first, n, gradient + (int64_t)x[sorted[i]] * t->width);
    }
  }
}

static int64_t TYPED(first_wrong)(int64_t entries, int64_t n, const REAL *x) {
  for (int64_t i = 0; i < n; i++) {
    if (TYPED(index_of)(x[i], entries) < 0) return i;
  }
  return -1;
}
