// SPDX-License-Identifier: Apache-2.0
// A checkpoint: the complete state of a run at a step, in HDF5. It is visible only when complete.
//
//   checkpoints/step-000001000/node-0000.h5   one per node: its blocks of the parameters and slots, as flat data sets
//                              state.h5       virtual data sets that present the parts under natural names and shapes
//                                             (/parameters/<tensor>, /optimizer/<slot>/<tensor>), attributes (step,
//                                             epoch, …, configuration, versions), block checksums, extra arrays
//                              manifest       sizes and the XXH3 of state.h5; makes the checkpoint complete
//
// Checksums cover every byte: the XXH3 of each block of values and of the rest of each part are in state.h5, that of
// state.h5 is in the manifest, and the manifest contains its own. The directory can be moved.
//
// A snapshot is the contents of state.h5: the state without the values, and the places of the values in the parts. It is
// written and read as one image in memory, so that one plain write stores it and HDF5 reads only verified bytes.
//
//   attributes     format, byte_order, precision, arithmetic, step, epoch, …, lanes, seed, blocks, config,
//                  versions
//   /parameters/<tensor>, /optimizer/<slot>/<tensor>    virtual data sets over the parts, in natural shapes
//   /checksums/parameters, /checksums/<slot>            XXH3 (64 bits) of each block
//   /arrays/<name>                                      small float64 arrays
//   /tensors, /slots, /parts, /ranges                   tables of the structs below
#ifndef SP_CHECKPOINT_SNAPSHOT_H
#define SP_CHECKPOINT_SNAPSHOT_H

#include <hdf5.h>

#include "checkpoint/manifest.h"
#include "checkpoint/run_state.h"

/// Vector 0 is the parameters, vector 1 + k is slot k. Each has `blocks` blocks.
enum { SP_STATE_VECTORS = 1 + SP_STATE_SLOTS, SP_SLOT_NAME = 64 };

/// The file of one node.
typedef struct sp_part {
  char file[SP_PART_NAME];
  int64_t blocks;                    ///< number of blocks of each vector; the vectors follow each other
  int64_t offset[SP_STATE_VECTORS];  ///< where each vector begins, in bytes
  uint64_t frame;                    ///< XXH3 of all bytes outside the vectors
} sp_part;

/// Blocks [first, first + blocks) of the vectors are blocks [place, place + blocks) of a part.
typedef struct sp_block_range {
  int64_t part, first, blocks, place;
} sp_block_range;

/// The places of all blocks. The ranges follow each other without gaps and cover the vectors.
typedef struct sp_ckpt_layout {
  int64_t parts, ranges;
  sp_part *part;
  sp_block_range *range;
} sp_ckpt_layout;

typedef struct sp_snapshot {
  sp_progress progress;
  sp_dtype precision;
  int64_t lanes;
  uint64_t seed;
  int arithmetic;  ///< version; 0: none is recorded
  char *config, *versions;
  sp_parameter_table table;  ///< points to `tensor`
  sp_tensor *tensor;
  int slots;
  char slot_name[SP_STATE_SLOTS][SP_SLOT_NAME];
  sp_ckpt_layout layout;
  uint64_t *checksum[SP_STATE_VECTORS];  ///< (blocks)
  int arrays;
  sp_state_array array[SP_STATE_ARRAYS];  ///< values owned
} sp_snapshot;

/// The int64 members of sp_progress (float64 where `real`), with the names of their attributes.
typedef struct sp_progress_field {
  const char *name;
  bool real;
  size_t offset;
  int count;
} sp_progress_field;
extern const sp_progress_field sp_progress_fields[];  ///< ends with a NULL name

/// Create the HDF5 types of the tables. The caller closes them.
hid_t sp_snapshot_tensor_type(void);
hid_t sp_snapshot_slot_type(void);
hid_t sp_snapshot_part_type(void);
hid_t sp_snapshot_range_type(void);

/// Write the versions of this program, "shardprop 0.1.0, HDF5 1.10.8, oneDNN …", to `buffer`.
void sp_snapshot_versions(char buffer[256]);

void sp_snapshot_free(sp_snapshot *snapshot);

#endif
