// SPDX-License-Identifier: Apache-2.0
// Decides when the state of a run is saved: every so many steps, epochs or minutes, or, with `every: auto`, as often as the
// cost allows. The state is copied, and the copy is written to disk while training continues (checkpoint/saver.h).
//
// With `auto` the cost of a checkpoint is measured: the pause for the copy, the additional time of steps during the writing,
// and the time spent waiting. The next checkpoint follows after 100 cost / max_overhead_percent seconds, but not later than
// max_loss minutes. The best state by a metric is copied at once and written when the next checkpoint is due: until then
// the run could compute it again, with the same bits.
#ifndef SP_TRAIN_SAVING_H
#define SP_TRAIN_SAVING_H

#include "checkpoint/saver.h"
#include "supervise/run_directory.h"
#include "train/training.h"

/// The cost of saving.
typedef struct sp_saving_cost {
  double longest;     ///< seconds from a copy to its commit, at most so far; an estimate before the first
  double stall;       ///< seconds that training paused for saving, since the start
  int64_t committed;  ///< number of checkpoints since the start
} sp_saving_cost;

typedef struct sp_saving sp_saving;

/// Borrows its arguments. Collective: yes. Errors: agreed on: SP_ERR_MEMORY; SP_ERR_SPACE if there is no room for a
/// checkpoint of a new run (a resumed run only warns).
sp_status sp_saving_open(sp_trainer *trainer, sp_run_directory *directory, const sp_observers *observers,
                         sp_saving **out);
void sp_saving_close(sp_saving *saving);  ///< accepts NULL

/// Returns whether a checkpoint is due by the clock, which this rank then requests in its next step.
bool sp_saving_due(const sp_saving *saving);

/// Returns whether the writing thread of this rank has completed its part of a checkpoint.
bool sp_saving_ready(const sp_saving *saving);

/// After a step: advance the checkpoint that is being written if all ranks are `ready`. A full or failing disk is a warning;
/// saving is tried again later.
/// Collective: yes. Errors: agreed on: SP_ERR_NONFINITE; SP_ERR_BUSY when another job has taken the run over.
sp_status sp_saving_step(sp_saving *saving, bool ready);

/// Save the current state if it is due by the clock, if checkpoint.every calls for it at this step, or if it is the `best`
/// one. A state that is saved already is not saved again; after a failure to save, only the clock counts for a while.
/// Collective: yes. Errors: as of sp_saving_step; SP_ERR_NONFINITE of the last step.
sp_status sp_saving_save(sp_saving *saving, bool by_clock, bool best);

/// Save the current state and wait until it is committed. No step may follow.
/// Collective: yes. Errors: agreed on, a full disk included.
sp_status sp_saving_end(sp_saving *saving);

/// Write the copy if there is one, wait until it is committed, and roll the trainer back (sp_trainer_go_back).
/// Collective: yes. Errors: as of sp_saving_step and sp_trainer_go_back.
sp_status sp_saving_go_back(sp_saving *saving);

/// Returns the cost of saving so far.
sp_saving_cost sp_saving_costs(const sp_saving *saving);

#endif
