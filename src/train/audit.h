// SPDX-License-Identifier: Apache-2.0
// The audit (train.audit): what must have the same bits everywhere is compared. Do all nodes hold the same parameters (or all
// ranks, where each has a copy of its own)? And do all ranks compute the same gradient, when all compute that of one lane of
// the coming batch? This finds a processor that computes wrongly, or memory that does not keep what was written to it, which
// no checksum of stored bytes can.
#ifndef SP_TRAIN_AUDIT_H
#define SP_TRAIN_AUDIT_H

#include "train/batch_source.h"
#include "train/model_state.h"

/// Returns whether an audit is due before the coming step.
bool sp_audit_is_due(const sp_model_state *model);

/// Compare. The last step must be settled. `gradient` is memory for a whole vector, which is overwritten; nothing else is
/// changed. Collective: yes. Errors: agreed on; SP_ERR_DIVERGED names nodes or ranks.
sp_status sp_audit_run(const sp_model_state *model, sp_batch_source *source, void *gradient);

#endif
