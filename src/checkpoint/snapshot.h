// What state.h5 says: everything of a checkpoint but the values, and where those lie in the parts. It is written and
// read as one image in memory, so that the disk sees one plain write and HDF5 is never given bytes nobody has checked.
//
//   attributes     format, byte_order, precision, step, epoch, …, lanes, seed, blocks, config, versions
//   /parameters/<tensor>, /optimizer/<slot>/<tensor>    virtual data sets over the parts, in natural shapes
//   /checksums/parameters, /checksums/<slot>            XXH3 (64 bits) of each block
//   /arrays/<name>                                      small float64 arrays
//   /tensors, /slots, /parts, /ranges                   tables of the structs below
//
#ifndef SP_CHECKPOINT_SNAPSHOT_H
#define SP_CHECKPOINT_SNAPSHOT_H

#include <hdf5.h>

#include "checkpoint/manifest.h"
#include "checkpoint/run_state.h"

/// Vector 0 is the parameters, vector 1 + k slot k: arrays of `blocks` blocks.
enum { SP_STATE_VECTORS = 1 + SP_STATE_SLOTS, SP_SLOT_NAME = 64 };

/// The file of one node.
typedef struct sp_part {
  char file[SP_PART_NAME];
  int64_t blocks;                    ///< of each vector, one after the other
  int64_t offset[SP_STATE_VECTORS];  ///< where those of each vector begin, in bytes
  uint64_t frame;                    ///< XXH3 of all its bytes outside of those
} sp_part;

/// Blocks [first, first + blocks) of the vectors are blocks [place, place + blocks) of a part.
typedef struct sp_block_range {
  int64_t part, first, blocks, place;
} sp_block_range;

/// Where everything lies: the ranges follow each other without gaps and make up the vectors.
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
  char *config, *versions;
  sp_parameter_table table;  ///< its tensors are `tensor`
  sp_tensor *tensor;
  int slots;
  char slot_name[SP_STATE_SLOTS][SP_SLOT_NAME];
  sp_ckpt_layout layout;
  uint64_t *checksum[SP_STATE_VECTORS];  ///< (blocks)
  int arrays;
  sp_state_array array[SP_STATE_ARRAYS];  ///< values owned
} sp_snapshot;

/// The int64 (float64 where `real`) members of sp_progress, under the names of their attributes.
typedef struct sp_progress_field {
  const char *name;
  bool real;
  size_t offset;
  int count;
  bool newer;  ///< than format 2: 0 where it is missing
} sp_progress_field;
extern const sp_progress_field sp_progress_fields[];  ///< ends with a NULL name

/// The HDF5 types of the tables. The caller closes them.
hid_t sp_snapshot_tensor_type(void);
hid_t sp_snapshot_slot_type(void);
hid_t sp_snapshot_part_type(void);
hid_t sp_snapshot_range_type(void);

/// "shardprop 0.1.0, HDF5 1.10.8, oneDNN …" of this program.
void sp_snapshot_versions(char buffer[256]);

/// The image of state.h5, freed by the caller. checksum: (1 + slots) arrays of table->blocks.
sp_status sp_snapshot_encode(const sp_state *state, const sp_ckpt_layout *layout,
                             uint64_t *const checksum[SP_STATE_VECTORS], char **image, size_t *size);

/// From an image that is known to be whole (HDF5 copies it). Errors: SP_ERR_CORRUPT, "state.h5: …".
sp_status sp_snapshot_decode(char *image, size_t size, sp_snapshot *out);
void sp_snapshot_free(sp_snapshot *snapshot);

/// sp_manifest_check and sp_snapshot_decode. Errors: as theirs, "checkpoint PATH: …".
sp_status sp_snapshot_open(const char *path, sp_snapshot *out);

#endif
