// SPDX-License-Identifier: Apache-2.0
// The exchange on one node: the owner of a block reads the partial sums in place, and writes the parameters where all
// ranks read them.
#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "exchange/exchange_apply.h"
#include "exchange/node_window.h"
#include "exchange/tree_sum.h"

enum { SHORT = 1024 };  // values: the sums of several parts of such a stretch fit into the first-level cache

typedef struct node_sums {
  int64_t parts;        // partial sums of the ranks, in the order of the lanes
  char *const *memory;  // address of each
  sp_tree_sum sum;
  int64_t stretch;  // values that are added and updated at a time
  void **value;
  char *scratch;
} node_sums;

static bool serves(const sp_comm *comm, bool shared) { return comm->size == 1 || (shared && comm->node_count == 1); }

// --- update -------------------------------------------------------------------------------------------------------

static void update_stretch(sp_exchange *x, sp_stretch s) {
  node_sums *sums = x->own;
  size_t offset = (size_t)s.first * sp_dtype_size(x->job.precision);
  for (int64_t p = 0; p < sums->parts; p++) sums->value[p] = sums->memory[p] + offset;
  sp_exchange_apply(x, s, sp_tree_sum_but_last(&sums->sum, x->job.precision, s.n, sums->value, sums->scratch));
}

/// Sum and update in one sweep over memory; all ranks can read the new parameters, or the sums are kept. The last addition
/// is made in the loop of the update. The others, if there are any, and the update alternate in short stretches, so that the
/// processor prefetches the arrays of both all the time.
static void update_shard(sp_exchange *x) {
  int64_t n = ((const node_sums *)x->own)->stretch;
  double start = sp_clock();
  for (int run = 0; run < sp_shard_runs(&x->shards); run++) {
    sp_slice slice = sp_shard_slice(&x->shards, x->comm->rank, run);
    for (int64_t i = 0; i < slice.blocks * SP_BLOCK; i += n) {
      update_stretch(x, (sp_stretch){slice.first * SP_BLOCK + i, slice.place * SP_BLOCK + i, n});
    }
  }
  x->times.update += sp_clock() - start;
}

static bool update(sp_exchange *x, bool sound) {
  if (sound) update_shard(x);
  bool updated = x->kept ? sp_exchange_update_kept(x, sound) : sound;
  sp_node_settled(x);
  return updated;
}

// --- creation -----------------------------------------------------------------------------------------------------

static sp_status plan_sums(sp_exchange *x) {
  node_sums *sums;
  const sp_subtree *range;
  SP_TRY(sp_allocate(1, sizeof *sums, "exchange", &x->own));
  sums = x->own;
  sums->parts = sp_node_parts(x, &range, &sums->memory);
  SP_TRY(sp_allocate(sums->parts, sizeof *sums->value, "partial sums", &sums->value));
  SP_TRY(sp_tree_sum_create(x->job.lanes, range, sums->parts, &sums->sum));
  sums->stretch = sums->sum.additions > 1 ? SHORT : SP_BLOCK;
  return sp_allocate(sums->sum.scratches * sums->stretch, sp_dtype_size(x->job.precision), "sums", &sums->scratch);
}

static sp_status memory(sp_exchange *x, sp_exchange_bytes *out) { return sp_node_memory(x, out); }

static sp_status create(sp_exchange *x) {
  SP_TRY(sp_node_create(x));
  return sp_comm_agree(x->comm, plan_sums(x));
}

static void destroy(sp_exchange *x) {
  node_sums *sums = x->own;
  if (sums) {
    sp_tree_sum_free(&sums->sum);
    free(sums->value);
    free(sums->scratch);
    free(sums);
  }
  sp_node_free(x);
}

const sp_transport sp_transport_node = {.serves = serves,
                                        .one_memory = true,
                                        .create = create,
                                        .memory = memory,
                                        .free = destroy,
                                        .begin = sp_node_begin,
                                        .control = sp_node_control,
                                        .update = update,
                                        .finish = sp_node_await_settled,
                                        .least = sp_node_least};
