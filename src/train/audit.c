// SPDX-License-Identifier: Apache-2.0
// Comparing hashes, and naming the ranks or nodes whose hashes differ.
#include "train/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/memory.h"
#include "base/share.h"
#include "base/text.h"
#include "compute/elementwise.h"

/// What a rank contributes to the comparison.
typedef struct brought {
  uint64_t parameters, gradient;  ///< hashes
  int64_t node, node_rank, node_size;
} brought;

/// The host of a rank and the versions of its libraries; gathered if the hashes differ.
typedef struct rank_place {
  char host[MPI_MAX_PROCESSOR_NAME], versions[128];
} rank_place;

// --- hashes -------------------------------------------------------------------------------------------------------

/// Return the hash of this node's parameters, computed by its ranks together, or of this rank's own copy. Returns 0 if there
/// is only one copy. Collective: yes.
static uint64_t hash_parameters(const sp_model_state *m) {
  const sp_comm *comm = m->comm;
  bool shared = m->state.parameters_shared;
  if (shared && comm->node_count == 1) return 0;
  size_t bytes = SP_BLOCK * sp_dtype_size(m->state.precision);
  int64_t blocks = m->shards.blocks, begin = 0, end = blocks;
  if (shared) {
    begin = sp_share_begin(blocks, comm->node_size, comm->node_rank);
    end = sp_share_begin(blocks, comm->node_size, comm->node_rank + 1);
  }
  uint64_t mine = 0, sum;
  for (int64_t b = begin; b < end; b++) {
    mine += XXH3_64bits_withSeed((const char *)m->state.parameters + (size_t)b * bytes, bytes, (uint64_t)b);
  }
  if (!shared) return mine;
  MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, comm->node);
  return sum;
}

/// Hash the gradient and the sums of a part of a lane's share of the coming batch.
static sp_status hash_gradient(const sp_model_state *m, sp_batch_source *source, void *gradient, int64_t lane,
                               int64_t part, uint64_t *out) {
  double sums[SP_STATE_SUMS] = {0};
  sp_batch batch;
  SP_TRY(sp_batch_source_read_lane(source, &m->state.progress, 0, lane, part, &batch));
  sp_network_gradient(m->network, &batch, m->state.parameters, gradient, sums);
  uint64_t hash = XXH3_64bits(gradient, (size_t)m->shards.blocks * SP_BLOCK * sp_dtype_size(m->state.precision));
  *out = XXH3_64bits_withSeed(sums, (size_t)sp_network_sums(m->network) * sizeof *sums, hash);
  return SP_OK;
}

// --- verdict ------------------------------------------------------------------------------------------------------

/// A vote of ranks or nodes.
typedef struct jury {
  const brought *all;
  int ranks;
  bool parameters;  ///< compare parameters, otherwise gradients
  bool nodes;       ///< one vote per node, otherwise per rank
} jury;

static uint64_t value(const jury *j, int rank) {
  return j->parameters ? j->all[rank].parameters : j->all[rank].gradient;
}

static bool votes(const jury *j, int rank) { return !j->nodes || j->all[rank].node_rank == 0; }

static bool agrees(const jury *j) {
  for (int r = 1; r < j->ranks; r++) {
    if (value(j, r) != value(j, 0)) return false;
  }
  return true;
}

/// Return a rank whose hash more than half of the voters have; -1: there is none.
static int majority(const jury *j) {
  int one = 0, lead = 0, same = 0, voters = 0;
  for (int r = 0; r < j->ranks; r++) {
    if (!votes(j, r)) continue;
    if (lead == 0) one = r;
    lead += value(j, r) == value(j, one) ? 1 : -1;
  }
  for (int r = 0; r < j->ranks; r++) {
    voters += votes(j, r);
    same += votes(j, r) && value(j, r) == value(j, one);
  }
  return 2 * same > voters ? one : -1;
}

static void name(const jury *j, int rank, const rank_place *where, sp_text *text) {
  const brought *b = &j->all[rank];
  if (j->nodes) {
    sp_text_add(text, "node %lld (host %s, rank%s %d", (long long)b->node, where[rank].host,
                b->node_size > 1 ? "s" : "", rank);
    if (b->node_size > 1) sp_text_add(text, " to %lld", (long long)(rank + b->node_size - 1));
    sp_text_append(text, ")", 1);
  } else {
    sp_text_add(text, "rank %d on host %s", rank, where[rank].host);
  }
}

/// Name the voters that differ from the majority, or all if there is no majority.
static void name_suspects(const jury *j, const rank_place *where, sp_text *text) {
  enum { MOST = 8 };
  int right = majority(j), named = 0;
  for (int r = 0; r < j->ranks && named <= MOST; r++) {
    if (!votes(j, r) || (right >= 0 && value(j, r) == value(j, right))) continue;
    if (named > 0) sp_text_add(text, named < MOST ? ", " : ", …");
    if (named++ < MOST) name(j, r, where, text);
  }
  sp_text_add(
      text, right >= 0 ? ", against the majority" : ": there is no majority, so it is unknown which of them is right");
}

/// With bfloat16, products depend on the instruction set.
static void hint(const jury *j, const rank_place *where, sp_text *text) {
  for (int r = 1; r < j->ranks; r++) {
    if (strcmp(where[r].versions, where[0].versions) == 0) continue;
    sp_text_add(text,
                "; the cause is that ranks use different libraries or instruction sets (%s on rank 0, %s on rank %d): "
                "use processors of one kind, or set ONEDNN_MAX_CPU_ISA",
                where[0].versions, where[r].versions, r);
    return;
  }
}

/// Collective: yes. Returns SP_ERR_DIVERGED.
static sp_status accuse(const sp_model_state *m, const jury *j, int64_t lane) {
  long long step = m->state.progress.step, before = step - m->config->train->audit;
  rank_place mine = {0}, *where;
  sp_text text = {0};
  int length;
  MPI_Get_processor_name(mine.host, &length);
  sp_compute_version(mine.versions);
  SP_TRY(sp_comm_agree(m->comm, sp_allocate(j->ranks, sizeof *where, "an audit", &where)));
  MPI_Allgather(&mine, sizeof mine, MPI_BYTE, where, sizeof mine, MPI_BYTE, m->comm->world);
  sp_text_add(&text, "audit after step %lld: the ranks no longer agree: ", step);
  if (j->parameters) {
    sp_text_add(&text, "parameters differ: ");
  } else {
    sp_text_add(&text, "gradients of lane %lld differ: ", (long long)lane);
  }
  name_suspects(j, where, &text);
  if (sp_run_arithmetic(m->config).bfloat16) hint(j, where, &text);
  sp_text_add(&text, "; checkpoints saved after step %lld may be wrong", before > 0 ? before : 0LL);
  sp_status status = sp_fail(SP_ERR_DIVERGED, "%s", sp_text_string(&text));
  sp_text_free(&text);
  free(where);
  return status;
}

// --- the audit ----------------------------------------------------------------------------------------------------

static sp_status compare(const sp_model_state *m, const brought *all, int64_t lane) {
  const jury parameters = {all, m->comm->size, true, m->state.parameters_shared};
  const jury gradients = {all, m->comm->size, false, false};
  if (!agrees(&parameters)) return accuse(m, &parameters, lane);
  return agrees(&gradients) ? SP_OK : accuse(m, &gradients, lane);
}

bool sp_audit_is_due(const sp_model_state *m) {
  int64_t every = m->config->train->audit;
  return every > 0 && m->state.progress.step % every == 0 && m->comm->size > 1;
}

sp_status sp_audit_run(const sp_model_state *m, sp_batch_source *source, void *gradient) {
  const sp_comm *comm = m->comm;
  int64_t turn = m->state.progress.step / m->config->train->audit, lanes = source->order.lanes;
  int64_t lane = turn % lanes, part = turn / lanes % sp_order_parts(&source->order, m->state.progress.epoch_step);
  brought mine = {.node = comm->node_index, .node_rank = comm->node_rank, .node_size = comm->node_size}, *all = NULL;
  sp_status status = sp_allocate(comm->size, sizeof *all, "an audit", &all);
  if (status == SP_OK) status = hash_gradient(m, source, gradient, lane, part, &mine.gradient);
  status = sp_comm_agree(comm, status);
  if (status == SP_OK) {
    mine.parameters = hash_parameters(m);
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all, sizeof mine, MPI_BYTE, comm->world);
    status = compare(m, all, lane);
  }
  free(all);
  return status;
}
