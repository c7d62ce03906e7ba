// SPDX-License-Identifier: Apache-2.0
// The distribution of blocks over the files of a checkpoint.
#include "checkpoint/layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

/// Create the ranges in the order of the vector. part_of[rank] is the part that the rank fills.
static void make_ranges(const sp_shards *shards, const int *part_of, sp_ckpt_layout *layout) {
  for (int run = 0; run < sp_shard_runs(shards); run++) {
    for (int rank = 0; rank < shards->ranks; rank++) {
      sp_slice slice = sp_shard_slice(shards, rank, run);
      if (slice.blocks == 0) continue;
      sp_block_range *last = layout->ranges > 0 ? &layout->range[layout->ranges - 1] : NULL;
      int64_t number = part_of[rank];
      sp_part *part = &layout->part[number];
      if (last && last->part == number) {  // continues the previous range, in the part and in the vector
        last->blocks += slice.blocks;
      } else {
        layout->range[layout->ranges++] = (sp_block_range){number, slice.first, slice.blocks, part->blocks};
      }
      part->blocks += slice.blocks;
    }
  }
}

/// Give each group that has blocks a part. group_of: on entry the group of each rank, on return its part.
static void number_parts(const sp_shards *shards, int *group_of, sp_ckpt_layout *layout) {
  int last = -1;
  for (int begin = 0, end; begin < shards->ranks; begin = end) {
    int64_t blocks = 0;
    int group = group_of[begin];
    for (end = begin; end < shards->ranks && group_of[end] == group; end++) blocks += sp_shard_blocks(shards, end);
    if (blocks > 0) {
      snprintf(layout->part[++last].file, SP_PART_NAME, "node-%04d.h5", group);
      layout->parts++;
    }
    for (int rank = begin; rank < end; rank++) group_of[rank] = blocks > 0 ? last : -1;
  }
}

sp_status sp_ckpt_layout_make(const sp_comm *group, const sp_shards *shards, sp_ckpt_layout *out, int64_t *own) {
  sp_ckpt_layout layout = {0};
  int *group_of = NULL;
  sp_status status = sp_allocate(shards->ranks, sizeof *group_of, "parts", &group_of);
  if (status == SP_OK) status = sp_allocate(group->node_count, sizeof *layout.part, "parts", &layout.part);
  if (status == SP_OK) {
    status = sp_allocate((int64_t)shards->ranks * sp_shard_runs(shards), sizeof *layout.range, "ranges", &layout.range);
  }
  status = sp_comm_agree(group, status);
  if (status == SP_OK) {
    MPI_Allgather(&group->node_index, 1, MPI_INT, group_of, 1, MPI_INT, group->world);
    number_parts(shards, group_of, &layout);
    make_ranges(shards, group_of, &layout);
    *own = group_of[group->rank];
    *out = layout;
  } else {
    sp_ckpt_layout_free(&layout);
  }
  free(group_of);
  return status;
}

void sp_ckpt_layout_free(sp_ckpt_layout *layout) {
  free(layout->part);
  free(layout->range);
  *layout = (sp_ckpt_layout){0};
}
