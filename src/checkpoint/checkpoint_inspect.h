// SPDX-License-Identifier: Apache-2.0
// Description of a checkpoint, read by one process.
#ifndef SP_CHECKPOINT_CHECKPOINT_INSPECT_H
#define SP_CHECKPOINT_CHECKPOINT_INSPECT_H

#include "base/text.h"
#include "checkpoint/run_state.h"

/// What state.h5 records about a checkpoint. Collective: no.
typedef struct sp_checkpoint_about {
  sp_progress progress;
  sp_dtype precision;
  int64_t lanes, blocks, parts;
  uint64_t seed;
  int arithmetic;      ///< version; 0: none is recorded
  char *config;        ///< owned
  char versions[256];  ///< shardprop, HDF5, oneDNN, instruction set
} sp_checkpoint_about;
sp_status sp_checkpoint_inspect(const char *path, sp_checkpoint_about *about);
void sp_checkpoint_about_free(sp_checkpoint_about *about);

/// Write a table of the tensors of parameters and slots (name, shape, type, smallest, largest, mean) to stdout. With
/// `raw`, write all values as bytes instead: the parameters, then the slots, as complete blocks with gaps and padding,
/// so that the bytes depend only on the state. All values are verified on the way. Collective: no.
sp_status sp_checkpoint_print(const char *path, bool raw);

/// Append the same table as JSON: [{"vector": "parameters", "name": …, "shape": […], "type": …, "smallest": …, …}, …].
sp_status sp_checkpoint_add_tensors(const char *path, sp_text *out);

#endif
