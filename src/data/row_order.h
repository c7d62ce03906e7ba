// SPDX-License-Identifier: Apache-2.0
// Row order: the row at each place, as a pure function of (seed, epoch, lane, step, place). No state is kept.
#ifndef SP_DATA_ROW_ORDER_H
#define SP_DATA_ROW_ORDER_H

#include <stdint.h>

typedef enum sp_shuffle { SP_SHUFFLE_FULL, SP_SHUFFLE_CHUNKS, SP_SHUFFLE_NONE } sp_shuffle;

/// An epoch has ceil(rows / batch) steps; the last one has the remaining rows. In every step the batch is divided among
/// the lanes in order (sp_share_begin), so each row is used exactly once per epoch for any sizes. A lane processes its
/// share in parts, one for each mini-batch of batch / accumulate rows: no part is larger than the largest share of such
/// a mini-batch, and the rows of a lane in a step do not depend on the number of parts.
///
/// `full` and `none`: the sequence of an epoch is a keyed permutation of all rows, or their order in the file; step s
/// takes the next `batch` rows of it. The rows of a batch do not depend on the number of lanes.
///
/// `chunks`: the chunks are permuted, and the sequence is divided into one contiguous piece per lane, so that (except
/// at the ends of pieces) only one lane reads a chunk. Within a piece, rows are permuted inside windows of `window`
/// chunks. A reader that keeps `window` chunks for every lane it serves reads no chunk twice.
///
/// rows >= 0; batch, lanes, accumulate (which divides batch) >= 1; for `chunks` also chunk_rows and window >= 1. All
/// other combinations are allowed: more lanes than rows, chunks larger than the data, a short last chunk, a short last
/// batch. Needs constant memory, and constant time per row.
typedef struct sp_order {
  sp_shuffle shuffle;
  uint64_t seed;
  int64_t rows, batch, lanes;
  int64_t accumulate;  ///< mini-batches per batch
  int64_t chunk_rows;  ///< rows of an HDF5 chunk; the last chunk of the data may be shorter
  int64_t window;      ///< length of a window, in chunks
} sp_order;

int64_t sp_order_steps(const sp_order *order);  ///< steps per epoch

/// Returns the rows of the complete batch at `step` (within the epoch, from 0).
int64_t sp_order_batch_rows(const sp_order *order, int64_t step);
/// Returns the number of parts of each lane's share of the batch at `step`: `accumulate`, or, for a short batch, the
/// number of mini-batches that its rows fill or begin.
int64_t sp_order_parts(const sp_order *order, int64_t step);

/// Returns the rows of a part of a lane's share. Sizes differ by at most one, and do not decrease from part to part.
int64_t sp_order_part_rows(const sp_order *order, int64_t step, int64_t lane, int64_t part);

/// Set row[part_rows] to the rows (0 … rows - 1) of a part of a lane's share of a batch.
void sp_order_rows(const sp_order *order, int64_t epoch, int64_t step, int64_t lane, int64_t part, int64_t *row);

#endif
