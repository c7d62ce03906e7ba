// SPDX-License-Identifier: Apache-2.0
// Row order: which row stands where, as a pure function of (seed, epoch, lane, step, place). Nothing is stored.
#ifndef SP_DATA_ROW_ORDER_H
#define SP_DATA_ROW_ORDER_H

#include <stdint.h>

typedef enum sp_shuffle { SP_SHUFFLE_FULL, SP_SHUFFLE_CHUNKS, SP_SHUFFLE_NONE } sp_shuffle;

/// An epoch has ceil(rows / batch) steps; the last one takes what is left. In every step the batch is dealt out to the
/// lanes in order (share_begin), so each row is used exactly once an epoch whatever the sizes are. A lane works through
/// its share in parts, one for each mini-batch of batch / accumulate rows: no part is larger than the largest share of such a
/// mini-batch would be, and which rows a lane has in a step does not depend on how many parts there are.
///
/// `full` and `none`: the epoch's sequence is a keyed permutation of all rows, or their order in the file; step s takes
/// batch rows of it in sequence. What a batch holds does not depend on the number of lanes.
///
/// `chunks`: chunks are permuted and the sequence is cut into one contiguous piece a lane, so that (but for the ends
/// of pieces) a chunk is read by one lane only; within a piece, rows are permuted inside windows of `window` chunks.
/// A reader that holds `window` chunks for every lane it serves reads no chunk twice.
///
/// rows >= 0; batch, lanes, accumulate (which divides batch), and for `chunks` chunk_rows and window, >= 1; otherwise any:
/// more lanes than rows, chunks larger than the data, a short last chunk, a short last batch. Constant memory, and constant
/// time a row.
typedef struct sp_order {
  sp_shuffle shuffle;
  uint64_t seed;
  int64_t rows, batch, lanes;
  int64_t accumulate;  ///< mini-batches of a batch
  int64_t chunk_rows;  ///< of an HDF5 chunk; the last chunk of the data may be shorter
  int64_t window;      ///< in chunks
} sp_order;

int64_t sp_order_steps(const sp_order *order);  ///< steps of an epoch

/// Rows of the whole batch at `step` (of the epoch, from 0), and how many parts each lane's share of it has: `accumulate`, or
/// as many mini-batches as there are rows for in a short batch.
int64_t sp_order_batch_rows(const sp_order *order, int64_t step);
int64_t sp_order_parts(const sp_order *order, int64_t step);

/// Rows of a part of a lane's share, which are no fewer in a later part, and differ by one at most.
int64_t sp_order_part_rows(const sp_order *order, int64_t step, int64_t lane, int64_t part);

/// The rows (0 … rows-1) of a part of a lane's share of a batch into row[part_rows].
void sp_order_rows(const sp_order *order, int64_t epoch, int64_t step, int64_t lane, int64_t part, int64_t *row);

#endif
