// SPDX-License-Identifier: Apache-2.0
// Row order: every row once an epoch for any sizes, epochs that differ, batches that do not depend on the lanes, and
// chunks that stay together.
#include "data/row_order.h"

#include "check.h"

static void each_row_once(const sp_order *order, int64_t epoch) {
  char *seen = calloc((size_t)order->rows, 1);
  int64_t *row = malloc((size_t)order->rows * sizeof *row), total = 0;
  for (int64_t step = 0; step < sp_order_steps(order); step++) {
    int64_t batch = 0;
    for (int64_t lane = 0; lane < order->lanes; lane++) {
      for (int64_t part = 0; part < sp_order_parts(order, step); part++) {
        int64_t count = sp_order_part_rows(order, step, lane, part);
        sp_order_rows(order, epoch, step, lane, part, row);
        for (int64_t i = 0; i < count; i++) {
          assert_true(row[i] >= 0 && row[i] < order->rows);
          assert_int_equal(seen[row[i]], 0);
          seen[row[i]] = 1;
        }
        batch += count;
      }
    }
    assert_int_equal(batch, sp_order_batch_rows(order, step));
    total += batch;
  }
  assert_int_equal(total, order->rows);
  free(row);
  free(seen);
}

static void every_row_once_an_epoch(void **state) {
  (void)state;
  static const int64_t rows[] = {1, 2, 3, 7, 64, 100, 601}, batches[] = {1, 2, 3, 8, 32, 100, 1000};
  static const int64_t lanes[] = {1, 2, 3, 8, 13}, chunks[] = {1, 3, 16, 100, 5000}, windows[] = {1, 2, 5, 1000};
  enum { ROWS = 7, BATCHES = 7, LANES = 5, CHUNKS = 5, WINDOWS = 4 };
  for (int i = 0; i < ROWS * BATCHES * LANES; i++) {
    sp_order order = {.seed = 5,
                      .rows = rows[i % ROWS],
                      .batch = batches[i / ROWS % BATCHES],
                      .lanes = lanes[i / ROWS / BATCHES],
                      .accumulate = 1};
    order.shuffle = SP_SHUFFLE_NONE;
    each_row_once(&order, 0);
    order.shuffle = SP_SHUFFLE_FULL;
    each_row_once(&order, i);
    order.shuffle = SP_SHUFFLE_CHUNKS;
    for (int j = 0; j < CHUNKS * WINDOWS; j++) {
      order.chunk_rows = chunks[j % CHUNKS];
      order.window = windows[j / CHUNKS];
      each_row_once(&order, i);
    }
  }
}

/// The whole epoch, batch by batch and in a batch lane by lane. The caller frees it.
static int64_t *epoch_rows(const sp_order *order, int64_t epoch) {
  int64_t *row = malloc((size_t)order->rows * sizeof *row), *next = row;
  for (int64_t step = 0; step < sp_order_steps(order); step++) {
    for (int64_t lane = 0; lane < order->lanes; lane++) {
      for (int64_t part = 0; part < sp_order_parts(order, step); part++) {
        sp_order_rows(order, epoch, step, lane, part, next);
        next += sp_order_part_rows(order, step, lane, part);
      }
    }
  }
  return row;
}

static int64_t places_that_agree(const sp_order *a, int64_t epoch_a, const sp_order *b, int64_t epoch_b) {
  int64_t *first = epoch_rows(a, epoch_a), *second = epoch_rows(b, epoch_b), agree = 0;
  for (int64_t i = 0; i < a->rows; i++) agree += first[i] == second[i];
  free(first);
  free(second);
  return agree;
}

static const sp_order base = {
    .seed = 1, .rows = 1003, .batch = 40, .lanes = 6, .accumulate = 1, .chunk_rows = 50, .window = 4};

/// However many parts there are, a step has the rows of a batch as large as all its mini-batches, lane by lane in the same
/// order; and no part is larger than a lane's share of a mini-batch.
static void parts_make_up_the_batch(void **state) {
  (void)state;
  static const int64_t counts[] = {1, 2, 3, 7, 64, 65536};
  for (int i = 0; i < 6 * 3; i++) {
    sp_order whole = base, cut = base;
    whole.shuffle = cut.shuffle = (sp_shuffle)(i % 3);
    cut.accumulate = counts[i / 3];
    cut.batch = whole.batch = cut.accumulate * base.batch;
    assert_int_equal(places_that_agree(&cut, 1, &whole, 1), base.rows);
    each_row_once(&cut, 1);
    for (int64_t step = 0; step < sp_order_steps(&cut); step++) {
      int64_t rows = sp_order_batch_rows(&cut, step), parts = sp_order_parts(&cut, step);
      assert_int_equal(parts, (rows + base.batch - 1) / base.batch);
      for (int64_t lane = 0; lane < cut.lanes; lane++) {
        int64_t first = sp_order_part_rows(&cut, step, lane, 0), last = sp_order_part_rows(&cut, step, lane, parts - 1);
        assert_in_range(last, first, first + 1);
        assert_in_range(last, 0, (base.batch + cut.lanes - 1) / cut.lanes);
        for (int64_t part = 1; part < parts; part++)
          assert_in_range(sp_order_part_rows(&cut, step, lane, part), first, last);
      }
    }
  }
}

static void epochs_and_seeds_differ(void **state) {
  (void)state;
  for (int shuffle = SP_SHUFFLE_FULL; shuffle <= SP_SHUFFLE_CHUNKS; shuffle++) {
    sp_order order = base, other = base;
    order.shuffle = other.shuffle = (sp_shuffle)shuffle;
    other.seed = 2;
    // Of two unrelated orders about one place agrees (a few dozen inside a short window at most).
    assert_in_range(places_that_agree(&order, 0, &order, 1), 0, 40);
    assert_in_range(places_that_agree(&order, 7, &other, 7), 0, 40);
    assert_int_equal(places_that_agree(&order, 3, &order, 3), order.rows);  // a pure function
  }
}

static void batches_do_not_depend_on_lanes(void **state) {
  (void)state;
  for (int64_t lanes = 1; lanes <= 60; lanes++) {
    sp_order order = base, one = base;
    one.lanes = 1;
    order.lanes = lanes;
    order.shuffle = one.shuffle = SP_SHUFFLE_FULL;
    assert_int_equal(places_that_agree(&order, 2, &one, 2), base.rows);
    order.shuffle = one.shuffle = SP_SHUFFLE_NONE;
    assert_int_equal(places_that_agree(&order, 2, &one, 2), base.rows);
  }
}

static void none_is_the_order_of_the_file(void **state) {
  (void)state;
  sp_order order = base;
  order.shuffle = SP_SHUFFLE_NONE;
  int64_t *row = epoch_rows(&order, 9);
  for (int64_t i = 0; i < order.rows; i++) assert_int_equal(row[i], i);
  free(row);
}

static void large_counts_do_not_overflow(void **state) {
  (void)state;
  enum { BATCH = 64 };
  int64_t row[BATCH];
  sp_order order = {.seed = 1,
                    .rows = (int64_t)1 << 60,
                    .batch = BATCH,
                    .lanes = 1,
                    .accumulate = 1,
                    .chunk_rows = 1000,
                    .window = 8};
  for (int shuffle = SP_SHUFFLE_FULL; shuffle <= SP_SHUFFLE_NONE; shuffle++) {
    order.shuffle = (sp_shuffle)shuffle;
    sp_order_rows(&order, 0, sp_order_steps(&order) - 1, 0, 0, row);
    for (int i = 0; i < BATCH; i++) assert_true(row[i] >= 0 && row[i] < order.rows);
  }
}

/// How often lanes come to a chunk that is not among the `window` chunks they hold: chunk reads of an epoch.
static int64_t chunk_reads(const sp_order *order) {
  int64_t chunks = (order->rows + order->chunk_rows - 1) / order->chunk_rows, reads = 0;
  int64_t *row = malloc((size_t)order->batch * sizeof *row), *used = malloc((size_t)chunks * sizeof *used);
  for (int64_t lane = 0; lane < order->lanes; lane++) {
    int64_t now = 0;
    for (int64_t c = 0; c < chunks; c++) used[c] = -1;
    for (int64_t step = 0; step < sp_order_steps(order); step++) {
      sp_order_rows(order, 4, step, lane, 0, row);
      for (int64_t i = 0; i < sp_order_part_rows(order, step, lane, 0); i++) {
        int64_t chunk = row[i] / order->chunk_rows, newer = 0;
        for (int64_t c = 0; c < chunks; c++) newer += used[chunk] >= 0 && used[c] > used[chunk];
        if (used[chunk] < 0 || newer >= order->window) reads++;
        used[chunk] = now++;
      }
    }
  }
  free(row);
  free(used);
  return reads;
}

static void chunks_stay_together(void **state) {
  (void)state;
  for (int64_t lanes = 1; lanes <= 9; lanes += 2) {
    sp_order order = {.shuffle = SP_SHUFFLE_CHUNKS,
                      .seed = 3,
                      .rows = 5990,
                      .batch = 31,
                      .lanes = lanes,
                      .accumulate = 1,
                      .chunk_rows = 100,
                      .window = 5};
    assert_in_range(chunk_reads(&order), 60, 60 + lanes - 1);  // once each, and once more at the ends of pieces
  }
}

static void windows_mix_their_chunks(void **state) {  // rows of one chunk come spread over the window, not in a row
  (void)state;
  sp_order order = {.shuffle = SP_SHUFFLE_CHUNKS,
                    .seed = 3,
                    .rows = 4000,
                    .batch = 4000,
                    .lanes = 1,
                    .accumulate = 1,
                    .chunk_rows = 100,
                    .window = 10};
  int64_t *row = epoch_rows(&order, 0), neighbours = 0;
  for (int64_t i = 1; i < order.rows; i++) neighbours += row[i] / 100 == row[i - 1] / 100;
  assert_in_range(neighbours, 300, 500);  // one in ten
  free(row);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_once_an_epoch),       cmocka_unit_test(parts_make_up_the_batch),
      cmocka_unit_test(epochs_and_seeds_differ),       cmocka_unit_test(batches_do_not_depend_on_lanes),
      cmocka_unit_test(none_is_the_order_of_the_file), cmocka_unit_test(large_counts_do_not_overflow),
      cmocka_unit_test(chunks_stay_together),          cmocka_unit_test(windows_mix_their_chunks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
