// SPDX-License-Identifier: Apache-2.0
// The audit (train.audit) checks that all nodes (or ranks, if each has a copy of its own) hold the same parameters, and that
// all ranks compute the same gradient for one lane of the coming batch. It detects faulty processors and memory, which
// checksums of files cannot.
#ifndef SP_TRAIN_AUDIT_H
#define SP_TRAIN_AUDIT_H

#include "train/batch_source.h"
#include "train/model_state.h"

/// Returns whether an audit is due before the coming step.
bool sp_audit_is_due(const sp_model_state *model);

/// Run an audit. The last step must be settled. `gradient` is memory for a vector, which is overwritten.
/// Collective: yes. Errors: agreed on; SP_ERR_DIVERGED names nodes or ranks.
sp_status sp_audit_run(const sp_model_state *model, sp_batch_source *source, void *gradient);

#endif
