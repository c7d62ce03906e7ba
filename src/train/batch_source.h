// SPDX-License-Identifier: Apache-2.0
// The source of the rows of a pass: those that lanes have of a mini-batch, in the row order of the run, or consecutive
// rows. They are gathered into memory for one pass.
#ifndef SP_TRAIN_BATCH_SOURCE_H
#define SP_TRAIN_BATCH_SOURCE_H

#include "checkpoint/run_state.h"
#include "data/row_order.h"
#include "exchange/lanes.h"
#include "model/network.h"
#include "train/feed.h"

typedef struct sp_batch_source {
  sp_dataset *dataset;  ///< training rows; NULL: none
  sp_network *network;
  sp_order order;
  sp_subtree hosted;                    ///< the lanes of this rank
  void *column[SP_MAX_COLUMNS];         ///< memory of each column that the network uses; else NULL
  void *weight_column[SP_MAX_COLUMNS];  ///< of these, the columns that the weight of a batch depends on
  int64_t *row;
  int64_t *lane_end;     ///< (hosted lanes, at least 1) of the rows in memory
  sp_batch_lanes lanes;  ///< of the rows in memory
} sp_batch_source;

/// Set the row order and the lanes of this rank. Borrows the data set of `feed`.
void sp_batch_source_describe(const sp_comm *comm, const sp_run_config *config, const sp_feed *feed,
                              sp_batch_source *out);

/// Prepare the network for passes of all sizes that steps need, over the lanes of this rank, and of `other_rows` rows, and
/// allocate memory for the largest.
/// Collective: no. Errors: SP_ERR_MEMORY, and those of sp_network_prepare.
sp_status sp_batch_source_allocate(sp_batch_source *source, const sp_run_config *config, const sp_feed *feed,
                                   sp_network *network, int64_t other_rows);
void sp_batch_source_free(sp_batch_source *source);

/// Gather the rows of mini-batch `part` of the hosted lanes for the coming step, in the order of the lanes, which are one part
/// (sp_batch_lanes). The batch is valid until the next call. Collective: no. Errors: those of sp_dataset_gather, and those of
/// sp_network_check_input with file and row.
sp_status sp_batch_source_read(sp_batch_source *source, const sp_progress *now, int64_t part, sp_batch *batch);

/// The same with only the columns that the weight of a batch depends on (sp_network_weight_depends_on).
sp_status sp_batch_source_read_weights(sp_batch_source *source, const sp_progress *now, int64_t part, sp_batch *batch);

/// Returns a batch without rows of the hosted lanes, in place of one that could not be read.
sp_batch sp_batch_source_nothing(sp_batch_source *source);

/// The same for a single lane, which may be hosted by another rank, and for the step `back` steps before the coming one (0:
/// the coming one). The network need not be prepared. Errors: also those of sp_network_prepare.
sp_status sp_batch_source_read_lane(sp_batch_source *source, const sp_progress *now, int back, int64_t lane,
                                    int64_t part, sp_batch *batch);

/// Gather rows [first, first + count) of `rows` for an evaluation or prediction. The batch is valid until the next call.
/// Collective: no. Errors: as sp_batch_source_read.
sp_status sp_batch_source_read_rows(sp_batch_source *source, const sp_rows *rows, int64_t first, int64_t count,
                                    sp_batch *batch);

#endif
