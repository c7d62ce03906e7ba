// SPDX-License-Identifier: Apache-2.0
// Row order: a keyed permutation of the rows, or of the chunks and of the rows in windows of chunks.
#include "data/row_order.h"

#include "base/random.h"
#include "base/share.h"

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// An epoch has full_steps * batch + tail rows.
static int64_t full_steps(const sp_order *order) { return order->rows / order->batch; }

static int64_t tail(const sp_order *order) { return order->rows % order->batch; }

int64_t sp_order_steps(const sp_order *order) { return full_steps(order) + (tail(order) > 0); }

int64_t sp_order_batch_rows(const sp_order *order, int64_t step) {
  return step < full_steps(order) ? order->batch : tail(order);
}

int64_t sp_order_parts(const sp_order *order, int64_t step) {
  int64_t rows = sp_order_batch_rows(order, step), most = order->batch / order->accumulate;
  return rows / most + (rows % most > 0);
}

/// Returns the first place of a lane's share in the batch of a step.
static int64_t lane_begin(const sp_order *order, int64_t step, int64_t lane) {
  return sp_share_begin(sp_order_batch_rows(order, step), order->lanes, lane);
}

/// Returns the first place of a part in a lane's share.
static int64_t part_begin(const sp_order *order, int64_t step, int64_t lane, int64_t part) {
  int64_t rows = lane_begin(order, step, lane + 1) - lane_begin(order, step, lane);
  return sp_share_begin(rows, sp_order_parts(order, step), part);
}

int64_t sp_order_part_rows(const sp_order *order, int64_t step, int64_t lane, int64_t part) {
  return part_begin(order, step, lane, part + 1) - part_begin(order, step, lane, part);
}

// --- chunks -------------------------------------------------------------------------------------------------------

/// The chunks of an epoch in their permuted order. Place i contains chunk permute(i). All have `rows` rows except the
/// last one of the file, which has `short_rows` and is at `short_place`.
typedef struct chunk_sequence {
  sp_random_key key;
  int64_t count, rows, short_rows, short_place;
} chunk_sequence;

static chunk_sequence permuted_chunks(const sp_order *order, sp_random_key key) {
  chunk_sequence chunks = {.key = key, .rows = smaller(order->chunk_rows, order->rows)};
  chunks.count = (order->rows - 1) / chunks.rows + 1;
  chunks.short_rows = order->rows - (chunks.count - 1) * chunks.rows;
  chunks.short_place = sp_random_unpermute(key, chunks.count, chunks.count - 1);
  return chunks;
}

/// Returns the position in the sequence of the first row of the chunk at `place`; the end of the sequence for place =
/// count.
static int64_t place_begin(const chunk_sequence *chunks, int64_t place) {
  return place * chunks->rows - (place > chunks->short_place ? chunks->rows - chunks->short_rows : 0);
}

/// Returns the place of the chunk that contains a position of the sequence.
static int64_t place_of(const chunk_sequence *chunks, int64_t position) {
  if (position < place_begin(chunks, chunks->short_place + 1)) return position / chunks->rows;
  return (position + chunks->rows - chunks->short_rows) / chunks->rows;
}

static int64_t row_at(const chunk_sequence *chunks, int64_t position) {
  int64_t place = place_of(chunks, position);
  return sp_random_permute(chunks->key, chunks->count, place) * chunks->rows + position - place_begin(chunks, place);
}

/// The rows of one window and one lane: a stretch of the sequence with its own permutation.
typedef struct window {
  sp_random_key key;
  int64_t begin, end;
} window;

/// Returns the window around a position of the lane's piece [begin, end): `order->window` chunks, limited to the piece.
static window window_of(const sp_order *order, const chunk_sequence *chunks, int64_t lane, int64_t begin, int64_t end,
                        int64_t position) {
  int64_t number = place_of(chunks, position) / order->window;
  int64_t place = number * order->window;
  int64_t first = place_begin(chunks, place);
  int64_t last = place_begin(chunks, place + smaller(order->window, chunks->count - place));
  // The keys of the windows are random bits under the key of the epoch: one independent stream per counter.
  uint32_t bits[4];
  sp_random_bits(chunks->key, (uint64_t)number, (uint64_t)lane, bits);
  return (window){.key = {{bits[0], bits[1]}}, .begin = first > begin ? first : begin, .end = smaller(last, end)};
}

/// Returns the position where a lane's piece of the sequence begins: the number of rows of the lanes before it in all
/// batches.
static int64_t piece_begin(const sp_order *order, int64_t lane) {
  return full_steps(order) * sp_share_begin(order->batch, order->lanes, lane) +
         sp_share_begin(tail(order), order->lanes, lane);
}

static void rows_of_chunks(const sp_order *order, sp_random_key key, int64_t step, int64_t lane, int64_t part,
                           int64_t *row) {
  int64_t begin = piece_begin(order, lane), end = piece_begin(order, lane + 1);
  int64_t batch = order->batch, lanes = order->lanes;
  int64_t a_step = sp_share_begin(batch, lanes, lane + 1) - sp_share_begin(batch, lanes, lane);
  int64_t first = begin + step * a_step + part_begin(order, step, lane, part);
  int64_t count = sp_order_part_rows(order, step, lane, part);
  chunk_sequence chunks = permuted_chunks(order, key);
  window around = {.begin = 0, .end = 0};
  for (int64_t i = 0; i < count; i++) {
    int64_t position = first + i;
    if (position >= around.end) around = window_of(order, &chunks, lane, begin, end, position);
    int64_t length = around.end - around.begin;
    row[i] = row_at(&chunks, around.begin + sp_random_permute(around.key, length, position - around.begin));
  }
}

void sp_order_rows(const sp_order *order, int64_t epoch, int64_t step, int64_t lane, int64_t part, int64_t *row) {
  sp_random_key key = sp_random_key_make(order->seed, SP_RANDOM_ORDER, (uint64_t)epoch);
  if (order->shuffle == SP_SHUFFLE_CHUNKS) {
    rows_of_chunks(order, key, step, lane, part, row);
    return;
  }
  int64_t first = step * order->batch + lane_begin(order, step, lane) + part_begin(order, step, lane, part);
  int64_t count = sp_order_part_rows(order, step, lane, part);
  for (int64_t i = 0; i < count; i++) {
    row[i] = order->shuffle == SP_SHUFFLE_NONE ? first + i : sp_random_permute(key, order->rows, first + i);
  }
}
