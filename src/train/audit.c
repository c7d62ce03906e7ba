// SPDX-License-Identifier: Apache-2.0
// Comparing hashes, and naming those that differ.
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

/// Where a rank runs and what it computes with; gathered when there is something wrong.
typedef struct rank_place {
  char host[MPI_MAX_PROCESSOR_NAME], versions[128];
} rank_place;

// --- hashes -------------------------------------------------------------------------------------------------------

/// Of this node's parameters, its ranks each a share of the blocks; or of this rank's own. One node's copy has none to be
/// compared with. Collective: yes.
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

/// Of a lane's gradient of the coming batch, or of a part of it, and its sums.
static sp_status hash_gradient(const sp_model_state *m, sp_batch_source *source, void *gradient, int64_t lane,
                               int64_t part, uint64_t *out) {
  double sums[SP_STATE_SUMS] = {0};
  sp_batch batch;
  SP_TRY(sp_batch_source_read(source, &m->state.progress, 0, lane, part, &batch));
  sp_network_gradient(m->network, &batch, m->state.parameters, gradient, sums);
  uint64_t hash = XXH3_64bits(gradient, (size_t)m->shards.blocks * SP_BLOCK * sp_dtype_size(m->state.precision));
  *out = XXH3_64bits_withSeed(sums, (size_t)sp_network_sums(m->network) * sizeof *sums, hash);
  return SP_OK;
}

// --- verdict ------------------------------------------------------------------------------------------------------

/// Ranks, or nodes, that bring something.
typedef struct jury {
  const brought *all;
  int ranks;
  bool parameters;  ///< it is about those, else about gradients
  bool nodes;       ///< each brings one thing
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

/// A rank that brings what more than half of them bring; -1: there is none.
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

/// Those that are wrong; all, where nobody can tell.
static void name_suspects(const jury *j, const rank_place *where, sp_text *text) {
  enum { MOST = 8 };
  int right = majority(j), named = 0;
  for (int r = 0; r < j->ranks && named <= MOST; r++) {
    if (!votes(j, r) || (right >= 0 && value(j, r) == value(j, right))) continue;
    if (named > 0) sp_text_add(text, named < MOST ? ", " : ", …");
    if (named++ < MOST) name(j, r, where, text);
  }
  sp_text_add(text, right >= 0 ? ", against the majority" : ": there is no majority to tell which is right");
}

static void hint(const jury *j, const rank_place *where, sp_text *text) {
  for (int r = 1; r < j->ranks; r++) {
    if (strcmp(where[r].versions, where[0].versions) == 0) continue;
    sp_text_add(text,
                "; ranks compute with different libraries or instruction sets, which explains it (%s on rank 0, %s on "
                "rank %d): use processors of one kind, or ONEDNN_MAX_CPU_ISA",
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
    sp_text_add(&text, "computing the gradient of lane %lld each: ", (long long)lane);
  }
  name_suspects(j, where, &text);
  hint(j, where, &text);
  sp_text_add(&text, "; what was saved after step %lld may be wrong", before > 0 ? before : 0LL);
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
