// SPDX-License-Identifier: Apache-2.0
// Evaluation: the scores of a model over rows, with its parameters or with their moving average.
#ifndef SP_TRAIN_EVALUATOR_H
#define SP_TRAIN_EVALUATOR_H

#include "train/batch_source.h"
#include "train/model_state.h"

typedef struct sp_evaluator {
  sp_model_state *model;
  sp_batch_source *source;
  int64_t rows;       ///< of one forward pass, the same on any number of ranks
  double *lane_sums;  ///< (hosted lanes, sums)
  double *total;      ///< (sums)
} sp_evaluator;

/// `data_rows`: rows of the data set. Borrows model and source. Collective: no. Errors: SP_ERR_MEMORY; the caller frees `out`
/// with sp_evaluator_free, also after a failure.
sp_status sp_evaluator_create(sp_model_state *model, sp_batch_source *source, int64_t data_rows, sp_evaluator *out);
void sp_evaluator_free(sp_evaluator *evaluator);

/// Run one forward pass over rows [first, first + count), at most evaluator->rows of them. Writes `output` (count, outputs) in
/// the run's precision, unless it is NULL, and `sums` (sp_network_sums) of loss and metrics.
/// Collective: no. Errors: SP_ERR_DATA.
sp_status sp_evaluator_forward(sp_evaluator *evaluator, const sp_rows *rows, int64_t first, int64_t count, void *output,
                               double *sums);

/// Compute the scores over rows with the current parameters, with the same bits on any number of ranks.
/// Collective: yes. Errors: agreed on.
sp_status sp_evaluator_score(sp_evaluator *evaluator, const sp_rows *rows, sp_scores *scores);

/// The same with the moving average, if there is one. The parameters are restored, also after a failure.
/// Collective: yes. Errors: agreed on.
sp_status sp_evaluator_score_average(sp_evaluator *evaluator, const sp_rows *rows, sp_scores *scores);

#endif
