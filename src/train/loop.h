// SPDX-License-Identifier: Apache-2.0
// The loop over steps and epochs, with evaluation, saving and the end of the run.
#ifndef SP_TRAIN_LOOP_H
#define SP_TRAIN_LOOP_H

#include "supervise/deadline.h"
#include "supervise/run_directory.h"
#include "train/training.h"

/// Train until the run is complete (SP_OK), or until a stop is requested and a checkpoint is saved (SP_STOPPED). Saves to
/// `directory`, which stays locked, and stops before the deadline, which is set on rank 0 only. sp_observers_begin must have
/// been called; the list of observers is empty on all ranks but 0.
/// Collective: yes. Errors: agreed on; SP_ERR_NONFINITE names step, rank, rows and layer.
sp_status sp_trainer_run(sp_trainer *trainer, sp_run_directory *directory, sp_deadline *deadline,
                         const sp_observers *observers);

#endif
