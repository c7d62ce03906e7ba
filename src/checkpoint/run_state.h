// Checkpoints: the whole state of a run at a step, in HDF5, visible only when complete.
//
//   checkpoints/step-000001000/node-0000.h5   one a node: its blocks of the parameters and slots, as flat data sets
//                              state.h5       virtual data sets that join the parts under natural names and shapes
//                                             (/parameters/<tensor>, /optimizer/<slot>/<tensor>), attributes (step,
//                                             epoch, …, configuration, versions), block checksums, extra arrays
//                              manifest       sizes, and the XXH3 of state.h5: what makes the checkpoint complete
//
// Every byte is covered: a value by the XXH3 of its block in state.h5, the rest of a part by another one there, all of
// state.h5 by the manifest, and the manifest by itself. The directory can be moved as a whole.
#ifndef SP_CHECKPOINT_RUN_STATE_H
#define SP_CHECKPOINT_RUN_STATE_H

#include "base/dtype.h"
#include "base/text.h"
#include "comm/comm.h"
#include "exchange/shard.h"
#include "model/parameters.h"

enum { SP_STATE_SLOTS = 4, SP_STATE_ARRAYS = 8, SP_STATE_SUMS = 512, SP_STATE_LEFT_OUT = 100 };

/// Where a run stands. All of it is saved and comes back with the same bits.
typedef struct sp_progress {
  int64_t step;          ///< updates done
  int64_t epoch;         ///< of the next step, from 0
  int64_t epoch_step;    ///< of the next step within its epoch, from 0
  int64_t rows_seen;
  double epoch_sums[SP_STATE_SUMS];  ///< running sums of loss and metrics over the epoch so far
  double epoch_rows;
  double best_value;     ///< best validation value so far; NaN when none
  int64_t best_step;     ///< of the checkpoint that has it; -1 when none
  int64_t epochs_since_best;
  double seconds;        ///< spent training, all starts together
  double validation_loss;  ///< last one; NaN when none
  double plateau_best;     ///< what the schedule `plateau` remembers (optim/schedule.h): the best score; NaN when none
  int64_t plateau_bad, plateau_cooldown, plateau_reductions;
  int64_t left_out[SP_STATE_LEFT_OUT];  ///< numbers, from 1, of steps without an update, for they were not finite; then 0
} sp_progress;

/// A small float64 array kept with the state (mean and deviation of standardize), the same on all ranks. Its name has
/// no slash.
typedef struct sp_state_array {
  char name[64];
  int64_t count;
  double *value;
} sp_state_array;

/// What is saved and loaded. Memory is the caller's.
typedef struct sp_state {
  const sp_parameter_table *table;
  sp_dtype precision;
  void *parameters;  ///< the whole vector, on every rank
  bool parameters_shared;  ///< the ranks of a node pass the same memory as `parameters`
  int slots;
  const char *slot_name[SP_STATE_SLOTS];
  void *slot[SP_STATE_SLOTS];  ///< this rank's shard, its slices one after the other
  sp_progress progress;
  int arrays;
  sp_state_array array[SP_STATE_ARRAYS];
  int64_t lanes;
  uint64_t seed;
  const char *config;  ///< resolved YAML
} sp_state;

/// Load one checkpoint (the path of its directory) on any rank count: verifies all that is read; fills parameters on
/// all ranks, slots of this rank's shard, progress, arrays' values (by name; their memory and count must be set, and
/// fit). With slots 0 only the parameters are read. Rank 0 warns when it was written by other versions, or on another
/// instruction set.
/// Collective: yes. Errors: SP_ERR_CORRUPT naming file, tensor and block; SP_ERR_CONFIG naming both sides when it is of
/// another model, precision or optimizer; SP_ERR_IO when the system refuses. After SP_ERR_CORRUPT and SP_ERR_IO
/// parameters and slots hold nothing useful (a second copy would double a rank's memory); all else is untouched.
sp_status sp_checkpoint_load(const sp_comm *comm, const char *path, const sp_shards *shards, sp_state *state);

/// Load the newest checkpoint in `directory` that is whole, warning of each one that is not. *found is false when there
/// is no checkpoint at all. Errors: SP_ERR_CORRUPT when there are some, but none is whole. Collective: yes.
sp_status sp_checkpoint_load_newest(const sp_comm *comm, const char *directory, const sp_shards *shards,
                                    sp_state *state, bool *found);

/// Read all of a checkpoint and compare it with its checksums. Collective: no. Errors: as of sp_checkpoint_load.
sp_status sp_checkpoint_verify(const char *path);

/// Something that is damaged: a file, or (blocks above 0) blocks of a vector in it that follow each other.
typedef struct sp_damage {
  const char *file;       ///< "manifest", "state.h5", "node-0001.h5"
  const char *vector;     ///< "parameters" or the name of a slot; NULL: the file, outside of its data sets
  int64_t first, blocks;  ///< of the vector
  const char *tensors;    ///< what lies in them: "dense_1/weight to dense_2/bias"
  const char *what;       ///< "checksum differs"
} sp_damage;

/// The same, going on behind what is damaged: `tell` is called for everything that is. Without manifest or state.h5
/// nothing else can be judged. Collective: no. Errors: SP_ERR_CORRUPT with the first damage when there was any.
sp_status sp_checkpoint_examine(const char *path, void (*tell)(void *context, const sp_damage *damage), void *context);

/// What a checkpoint says of itself, read by one process. Collective: no.
typedef struct sp_checkpoint_about {
  sp_progress progress;
  sp_dtype precision;
  int64_t lanes, blocks, parts;
  uint64_t seed;
  char *config;       ///< owned
  char versions[256]; ///< shardprop, HDF5, oneDNN, instruction set
} sp_checkpoint_about;
sp_status sp_checkpoint_inspect(const char *path, sp_checkpoint_about *about);
void sp_checkpoint_about_free(sp_checkpoint_about *about);

/// Write to stdout the table of tensors (name, shape, type, smallest, largest, mean) of parameters and slots as text;
/// or, `raw`, all their values as bytes: parameters then slots, whole blocks with gaps and padding, which depend on
/// nothing but the state. All of it is verified on the way. Collective: no.
sp_status sp_checkpoint_print(const char *path, bool raw);

/// Append that table as JSON: [{"vector": "parameters", "name": …, "shape": […], "type": …, "smallest": …, …}, …].
sp_status sp_checkpoint_add_tensors(const char *path, sp_text *out);

/// What is kept: the newest `keep` checkpoints up to step `last`, where the run stands; the first one of each `keep_every`
/// steps (less than 1: none); the one of step `best` (-1: none), or while that one is not there, what was the best before.
typedef struct sp_retention {
  int64_t keep, keep_every, last, best;
} sp_retention;

/// Remove the others, and what is left of unfinished ones. Those after `last` could not be loaded when the run went back
/// to it: they are neither counted, for a good one would have to go, nor removed. Where all are later, another start of the
/// job has removed what this one saved, and nothing is changed. Sets the links `last` and `best` beside them, each in one
/// move. Called by rank 0 while nothing is saved.
/// Collective: no. Errors: SP_ERR_IO.
sp_status sp_checkpoint_retain(const char *directory, const sp_retention *retention);

/// Turn a run directory, a checkpoints directory, a checkpoint or its state.h5 into a checkpoint's path: for a run, the
/// best if there is one, else the last. `path` has PATH_MAX bytes. Errors: SP_ERR_USAGE naming what was looked for.
sp_status sp_checkpoint_find(const char *name, char *path);

#endif
