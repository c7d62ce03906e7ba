// When the state of a run is saved: at steps or epochs that the configuration names, or by the clock; with `every: auto`
// as often as its cost allows. What is saved goes to the disk while training goes on (checkpoint/saver.h).
//
// With `auto` the cost of a checkpoint is measured: the copy, what the steps beside the writing take longer than others,
// and what was waited for. It is paid again after cost / max_overhead_percent seconds, but never later than max_loss minutes.
// The best state by a metric is copied at once, and written when the next checkpoint may be: until then the run could make
// it again, with the same bits.
#ifndef SP_TRAIN_SAVING_H
#define SP_TRAIN_SAVING_H

#include "checkpoint/saver.h"
#include "supervise/run_directory.h"
#include "train/training.h"

/// What saving took, for whoever must leave time for it, and for people.
typedef struct sp_saving_cost {
  double longest;  ///< seconds from a copy to its commit; before the first: a guess
  double stall;    ///< seconds that training stood still for saving, since the start
  int64_t committed;  ///< checkpoints since the start
} sp_saving_cost;

typedef struct sp_saving sp_saving;

/// Borrows all. Collective: yes. Errors: agreed on: SP_ERR_MEMORY; SP_ERR_SPACE when a new run
/// has no room for a checkpoint (one that goes on is warned).
sp_status sp_saving_open(sp_trainer *trainer, sp_run_directory *directory, const sp_observers *observers, sp_saving **out);
void sp_saving_close(sp_saving *saving);  ///< NULL is fine

/// This rank's wishes for a step: is a checkpoint due by the clock; has its thread nothing left to do?
bool sp_saving_due(const sp_saving *saving);
bool sp_saving_ready(const sp_saving *saving);

/// After a step: go on with what is being written, when all ranks are `ready`. A full disk, or one that fails, is a warning:
/// it is tried again. Collective: yes. Errors: agreed on: SP_ERR_NONFINITE, SP_ERR_BUSY when the run is another job's now.
sp_status sp_saving_step(sp_saving *saving, bool ready);

/// Save the state as it stands, because it is due by the clock, or the configuration names this step, or because it is the
/// `best`. A state that was saved is not saved again; after one that failed, only the clock counts for a while. Collective: yes. Errors: as of sp_saving_step; SP_ERR_NONFINITE of the last step.
sp_status sp_saving_save(sp_saving *saving, bool by_clock, bool best);

/// Save the state as it stands, and wait until it is committed: no step comes after. Collective: yes. Errors: agreed on, a full disk too.
sp_status sp_saving_end(sp_saving *saving);

/// Write what has been copied, wait until it is committed, and let the trainer go back (sp_trainer_go_back).
/// Collective: yes. Errors: as of sp_saving_step and sp_trainer_go_back.
sp_status sp_saving_go_back(sp_saving *saving);

sp_saving_cost sp_saving_costs(const sp_saving *saving);

#endif
