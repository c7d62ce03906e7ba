// SPDX-License-Identifier: Apache-2.0
// Saving while training goes on. The ranks of a node copy the state as it stands at a step into memory that they share;
// a thread of the node's first rank writes the copy. Nothing waits: each rank is asked now and then whether its thread is
// through, and when all are, everybody takes the next move.
//
//   sp_saver_take()     copies: the only time the training stands still
//   sp_saver_start()    threads write the parts, sync them, and read them back
//   sp_saver_ready()    … on all ranks: sp_saver_advance(), which gathers the checksums for rank 0's thread
//   sp_saver_ready()    … which joins the parts, and renames; on all ranks: sp_saver_advance(), which says it is committed
//
// The threads call HDF5 under its lock, and never MPI.
#ifndef SP_CHECKPOINT_SAVER_H
#define SP_CHECKPOINT_SAVER_H

#include "checkpoint/run_state.h"
#include "comm/pin.h"
#include "exchange/shard.h"

typedef struct sp_saver sp_saver;

typedef struct sp_saver_options {
  const char *directory;                   ///< of the checkpoints
  bool verify;                             ///< read back what is written before it is committed
  int64_t keep;                            ///< newest checkpoints that are kept when one is committed; 0: all
  int64_t keep_every;                      ///< and the first of each so many steps; less than 1: none
  const sp_pin *pin;                       ///< what the threads are let out of; NULL: nothing
  sp_status (*may_commit)(void *context);  ///< rank 0's thread asks it before the rename and after it; NULL: always
  void *context;
} sp_saver_options;

/// Start the threads, and remove what a run that was killed has left. Borrows comm, shards and what options point to.
/// Collective: yes. Errors: SP_ERR_MEMORY, SP_ERR_IO. Agreed on.
sp_status sp_saver_create(const sp_comm *comm, const sp_shards *shards, const sp_state *state,
                          const sp_saver_options *options, sp_saver **out);
void sp_saver_free(sp_saver *saver);  ///< waits for what is being written, which is not committed; NULL is fine

/// Bytes of the copy that sp_saver_reserve takes for `ranks` ranks that share it, from `first` on.
int64_t sp_saver_memory(const sp_shards *shards, int first, int ranks, sp_dtype precision, int slots);

/// Bytes of a checkpoint: of the values in it, on all nodes together.
int64_t sp_checkpoint_bytes(int64_t blocks, sp_dtype precision, int slots);
int64_t sp_saver_bytes(const sp_saver *saver);  ///< of those of this saver

/// Is there room on the disk for another checkpoint, as far as the system tells? Collective: no. Errors: SP_ERR_SPACE.
sp_status sp_saver_check_space(const sp_saver *saver);

/// Take memory for a copy; nothing when it is there. Before the first sp_saver_take.
/// Collective: yes. Errors: SP_ERR_MEMORY. Agreed on.
sp_status sp_saver_reserve(sp_saver *saver);

/// Copy this rank's shard of the parameters, its slots, and all else. A copy that was taken and not started is replaced;
/// nothing may be under way. The state may change when the call returns. state->config and the arrays' values must stay.
/// Collective: yes, of a node.
void sp_saver_take(sp_saver *saver, const sp_state *state);

/// Begin to write the copy. Collective: yes.
void sp_saver_start(sp_saver *saver);

bool sp_saver_holds(const sp_saver *saver);    ///< a copy was taken, and not started
bool sp_saver_is_busy(const sp_saver *saver);  ///< something was started, and is neither committed nor given up
int64_t sp_saver_step(const sp_saver *saver);  ///< of the copy

/// Has this rank nothing to do for the move under way? One look at memory; false when nothing is under way.
bool sp_saver_ready(const sp_saver *saver);

/// All ranks are ready: the next move. *committed is true when it was the last.
/// Collective: yes. Errors: agreed on, "checkpoint of step N: …"; nothing visible is left behind, and nothing is under way
/// any more: SP_ERR_NONFINITE when a value is not finite, SP_ERR_SPACE when the disk is full, SP_ERR_CORRUPT when
/// something else is read back than was written, SP_ERR_IO, SP_ERR_MEMORY, and what may_commit returned.
sp_status sp_saver_advance(sp_saver *saver, bool *committed);

/// Seconds that the last checkpoint took.
typedef struct sp_saver_times {
  double copy;    ///< the training stood still on this rank
  double write;   ///< the parts: written, and synced; on this rank's node
  double verify;  ///< read back
} sp_saver_times;
sp_saver_times sp_saver_time(const sp_saver *saver);

#endif
