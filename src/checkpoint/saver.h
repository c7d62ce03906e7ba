// SPDX-License-Identifier: Apache-2.0
// Saving in the background. The ranks of a node copy the state of a step to memory that they share, and a thread on the
// node's first rank writes the copy while training continues. No rank waits: each rank checks from time to time whether
// its
// thread has finished, and when all have, all ranks enter the next phase together.
//
//   sp_saver_take()     copies the state; training pauses only here
//   sp_saver_start()    threads write the parts, sync them, and read them back
//   sp_saver_ready()    … on all ranks: sp_saver_advance() gathers the checksums for rank 0's thread
//   sp_saver_ready()    … rank 0's thread commits; on all ranks: sp_saver_advance() reports the commit
//
// The threads call HDF5 under its lock, and never call MPI.
#ifndef SP_CHECKPOINT_SAVER_H
#define SP_CHECKPOINT_SAVER_H

#include "checkpoint/run_state.h"
#include "comm/pin.h"
#include "exchange/shard.h"

typedef struct sp_saver sp_saver;

typedef struct sp_saver_options {
  const char *directory;  ///< directory of the checkpoints
  bool verify;            ///< read the files back before the commit
  int64_t keep;           ///< number of newest checkpoints to keep; 0: all
  int64_t keep_every;     ///< also keep the first of every `keep_every` steps; less than 1: none
  const sp_pin *pin;      ///< CPU binding that the threads leave; NULL: none
  sp_status (*may_commit)(
      void *context);  ///< called by rank 0's thread before and after the rename; NULL: always allowed
  void *context;
} sp_saver_options;

/// Start the threads, and remove what a killed run has left behind. Borrows comm, shards and what options point to.
/// Collective: yes. Errors: SP_ERR_MEMORY, SP_ERR_IO. Agreed on.
sp_status sp_saver_create(const sp_comm *comm, const sp_shards *shards, const sp_state *state,
                          const sp_saver_options *options, sp_saver **out);
void sp_saver_free(sp_saver *saver);  ///< waits for the thread, and does not commit; NULL is allowed

/// Returns the bytes that sp_saver_reserve allocates for the `ranks` ranks from `first` on, which share the copy.
int64_t sp_saver_memory(const sp_shards *shards, int first, int ranks, sp_dtype precision, int slots);

/// Returns the bytes of the values of a checkpoint, summed over all nodes.
int64_t sp_checkpoint_bytes(int64_t blocks, sp_dtype precision, int slots);
int64_t sp_saver_bytes(const sp_saver *saver);  ///< of a checkpoint of this saver

/// Check that the disk of a directory, which need not exist, has room for a checkpoint of `bytes`, if the system reports
/// the free space. Collective: no. Errors: SP_ERR_SPACE.
sp_status sp_checkpoint_check_space(const char *directory, int64_t bytes);
sp_status sp_saver_check_space(const sp_saver *saver);  ///< the same for a checkpoint of this saver

/// Allocate the memory of the copy, unless it is allocated already. Required before the first sp_saver_take.
/// Collective: yes. Errors: SP_ERR_MEMORY. Agreed on.
sp_status sp_saver_reserve(sp_saver *saver);

/// Copy this rank's shard of the parameters, its slots, and the rest of the state. Replaces a copy that was not
/// started; the saver must not be busy. The state may change after the call returns, but state->config and the values
/// of the arrays must stay.
/// Collective: yes, over a node.
void sp_saver_take(sp_saver *saver, const sp_state *state);

/// Start to write the copy. Collective: yes.
void sp_saver_start(sp_saver *saver);

bool sp_saver_holds(const sp_saver *saver);    ///< a copy was taken, but not started
bool sp_saver_is_busy(const sp_saver *saver);  ///< a copy was started, and is neither committed nor abandoned
int64_t sp_saver_step(const sp_saver *saver);  ///< step of the copy

/// Has this rank finished the current phase? Reads only memory; false when the saver is not busy.
bool sp_saver_ready(const sp_saver *saver);

/// Enter the next phase, when all ranks are ready. *committed is true after the last phase.
/// Collective: yes. Errors: agreed on, "checkpoint of step N: …"; no visible file is left behind, and the saver is not
/// busy any more: SP_ERR_NONFINITE when a value is not finite, SP_ERR_SPACE when the disk is full, SP_ERR_CORRUPT when
/// the data read back differ from the data written, SP_ERR_IO, SP_ERR_MEMORY, and those of may_commit.
sp_status sp_saver_advance(sp_saver *saver, bool *committed);

/// Duration of the last checkpoint, in seconds.
typedef struct sp_saver_times {
  double copy;    ///< pause of the training on this rank
  double write;   ///< writing and syncing the part, on this rank's node
  double verify;  ///< reading it back
} sp_saver_times;
sp_saver_times sp_saver_time(const sp_saver *saver);

#endif
