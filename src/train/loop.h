// SPDX-License-Identifier: Apache-2.0
// The loop over steps and epochs: when to score, when to save, when to end.
#ifndef SP_TRAIN_LOOP_H
#define SP_TRAIN_LOOP_H

#include "supervise/deadline.h"
#include "supervise/run_directory.h"
#include "train/training.h"

/// Train until the run is complete (SP_OK), or a stop is requested and everything is saved (SP_STOPPED). Saves to
/// `directory`, which stays locked, and stops before the deadline, which only rank 0 has. The observers have begun; their
/// list is empty on all ranks but 0.
/// Collective: yes. Errors: agreed on; SP_ERR_NONFINITE names step, rank, rows and layer.
sp_status sp_trainer_run(sp_trainer *trainer, sp_run_directory *directory, sp_deadline *deadline,
                         const sp_observers *observers);

#endif
