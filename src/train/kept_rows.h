// SPDX-License-Identifier: Apache-2.0
// The numbers that metrics keep of each row of an evaluation, for metrics that need all predictions at once. Each rank
// holds those of the rows of its lanes; rank 0 receives all of them in row order, computes the scores, and broadcasts them,
// so that the scores have the same bits on any number of ranks.
#ifndef SP_TRAIN_KEPT_ROWS_H
#define SP_TRAIN_KEPT_ROWS_H

#include "comm/comm.h"
#include "model/network.h"

typedef struct sp_kept_rows {
  const sp_comm *comm;
  const sp_network *network;
  int64_t rows, lanes;  ///< of the evaluation
  int64_t first, end;   ///< the rows of this rank's lanes
  double *mine;         ///< of each metric in turn: (end - first, kept)
  void *output;         ///< (rows of a pass, outputs)
} sp_kept_rows;

/// Returns the bytes that an evaluation of `rows` rows needs on rank 0 of `ranks`: its own numbers, and all numbers of the
/// metric with the most. 0: no metric keeps any. -1: they exceed the address space, or 2^31 rows.
int64_t sp_kept_rows_bytes(const sp_network *network, int64_t rows, int64_t ranks);

/// Check that rank 0 has memory for an evaluation of `rows` rows. Collective: no.
/// Errors: SP_ERR_MEMORY with the bytes and a remedy.
sp_status sp_kept_rows_check(const sp_comm *comm, const sp_network *network, int64_t rows);

/// Allocate memory for an evaluation of `rows` rows in passes of at most `pass_rows` rows; none if no metric keeps numbers.
/// Collective: no. Errors: SP_ERR_MEMORY. The caller frees `out` with sp_kept_rows_free, also after a failure.
sp_status sp_kept_rows_create(const sp_comm *comm, const sp_network *network, int64_t lanes, int64_t rows,
                              int64_t pass_rows, sp_kept_rows *out);
void sp_kept_rows_free(sp_kept_rows *kept);

/// Keep the numbers of a batch of rows from row `first` on, whose outputs are in kept->output. Does nothing if no metric
/// keeps numbers.
void sp_kept_rows_add(sp_kept_rows *kept, int64_t first, const sp_batch *batch);

/// Set the scores of the metrics that keep numbers. Collective: yes. Errors: agreed on; SP_ERR_MEMORY.
sp_status sp_kept_rows_scores(sp_kept_rows *kept, double *scores);

#endif
