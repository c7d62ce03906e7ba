// SPDX-License-Identifier: Apache-2.0
// Starting the average, and swapping it with the parameters.
#include "train/parameter_average.h"

#include <string.h>

#include "checkpoint/gather_parameters.h"
#include "comm/window.h"

/// Call `with` for each slice of this rank's shard, with its parameters and its average. A shard may be empty.
static void each_slice(const sp_parameter_average *average, const sp_shards *shards, const sp_state *state,
                       void (*with)(char *parameters, char *average, int64_t bytes)) {
  int64_t block = SP_BLOCK * (int64_t)sp_dtype_size(state->precision);
  for (int run = 0; run < sp_shard_runs(shards); run++) {
    sp_slice slice = sp_shard_slice(shards, shards->rank, run);
    if (slice.blocks == 0) continue;
    with((char *)state->parameters + slice.first * block, (char *)average->values + slice.place * block,
         slice.blocks * block);
  }
}

static void copy(char *parameters, char *average, int64_t bytes) { memcpy(average, parameters, (size_t)bytes); }

void sp_parameter_average_start(const sp_parameter_average *average, const sp_shards *shards, const sp_state *state) {
  if (average->gather_scratch) each_slice(average, shards, state, copy);
}

static void swap(char *a, char *b, int64_t bytes) {
  char held[SP_BLOCK];  // the size of a block in bytes is a multiple of SP_BLOCK
  for (; bytes > 0; bytes -= SP_BLOCK, a += SP_BLOCK, b += SP_BLOCK) {
    memcpy(held, a, SP_BLOCK);
    memcpy(a, b, SP_BLOCK);
    memcpy(b, held, SP_BLOCK);
  }
}

void sp_parameter_average_swap(const sp_parameter_average *average, const sp_comm *comm, const sp_shards *shards,
                               sp_state *state) {
  if (!average->gather_scratch) return;
  sp_window_sync(comm);  // other ranks of the node may still read
  each_slice(average, shards, state, swap);
  sp_parameters_gather(comm, shards, state, average->gather_scratch);
}
