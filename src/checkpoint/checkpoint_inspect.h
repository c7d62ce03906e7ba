// SPDX-License-Identifier: Apache-2.0
// What a checkpoint says of itself, read by one process.
#ifndef SP_CHECKPOINT_CHECKPOINT_INSPECT_H
#define SP_CHECKPOINT_CHECKPOINT_INSPECT_H

#include "base/text.h"
#include "checkpoint/run_state.h"

/// What a checkpoint says of itself, read by one process. Collective: no.
typedef struct sp_checkpoint_about {
  sp_progress progress;
  sp_dtype precision;
  int64_t lanes, blocks, parts;
  uint64_t seed;
  char *config;        ///< owned
  char versions[256];  ///< shardprop, HDF5, oneDNN, instruction set
} sp_checkpoint_about;
sp_status sp_checkpoint_inspect(const char *path, sp_checkpoint_about *about);
void sp_checkpoint_about_free(sp_checkpoint_about *about);

/// Write to stdout the table of tensors (name, shape, type, smallest, largest, mean) of parameters and slots as text;
/// or, `raw`, all their values as bytes: parameters then slots, whole blocks with gaps and padding, which depend on
/// nothing but the state. All of it is verified on the way. Collective: no.
sp_status sp_checkpoint_print(const char *path, bool raw);

/// Append that table as JSON: [{"vector": "parameters", "name": …, "shape": […], "type": …, "smallest": …, …}, …].
sp_status sp_checkpoint_add_tensors(const char *path, sp_text *out);

#endif
