// SPDX-License-Identifier: Apache-2.0
// Loading a checkpoint on any number of ranks, with a fallback to the previous checkpoint when one is damaged.
#include "checkpoint/load.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/decode.h"
#include "checkpoint/gather_parameters.h"
#include "checkpoint/part.h"
#include "checkpoint/tensors.h"

// --- compatibility ------------------------------------------------------------------------------------------------

static sp_status check_tensors(const sp_parameter_table *theirs, const sp_parameter_table *ours) {
  for (int64_t i = 0; i < theirs->tensors || i < ours->tensors; i++) {
    const sp_tensor *a = i < theirs->tensors ? &theirs->tensor[i] : NULL;
    const sp_tensor *b = i < ours->tensors ? &ours->tensor[i] : NULL;
    if (a && b && sp_tensor_same(a, b)) continue;
    char theirs_text[512], ours_text[512];
    return sp_fail(SP_ERR_CONFIG,
                   "does not match this model: tensor %" PRId64 " is %s in the checkpoint, %s in the configuration", i,
                   sp_tensor_text(a, theirs_text), sp_tensor_text(b, ours_text));
  }
  if (theirs->blocks == ours->blocks) return SP_OK;
  return sp_fail(SP_ERR_CONFIG,
                 "does not match this model: %" PRId64 " blocks in the checkpoint, %" PRId64 " in the configuration",
                 theirs->blocks, ours->blocks);
}

static sp_status check_slots(const sp_snapshot *snapshot, const sp_state *state) {
  if (state->slots == 0) return SP_OK;  // only the parameters are read
  sp_text theirs = {0}, ours = {0};
  for (int i = 0; i < snapshot->slots; i++) sp_text_add(&theirs, "%s '%s'", i ? "," : "", snapshot->slot_name[i]);
  for (int i = 0; i < state->slots; i++) sp_text_add(&ours, "%s '%s'", i ? "," : "", state->slot_name[i]);
  sp_status status = SP_OK;
  if (strcmp(sp_text_string(&theirs), ours.data) != 0) {
    status = sp_fail(SP_ERR_CONFIG,
                     "does not match this optimizer: its slots are%s in the checkpoint,%s in the configuration",
                     theirs.size ? theirs.data : " none", ours.data);
  }
  sp_text_free(&theirs);
  sp_text_free(&ours);
  return status;
}

static const sp_state_array *find_array(const sp_snapshot *snapshot, const char *name) {
  for (int i = 0; i < snapshot->arrays; i++) {
    if (strcmp(snapshot->array[i].name, name) == 0) return &snapshot->array[i];
  }
  return NULL;
}

static sp_status check_fits(const sp_snapshot *snapshot, const sp_state *state) {
  if (snapshot->precision != state->precision) {
    return sp_fail(SP_ERR_CONFIG, "has precision %s, but this run has precision %s", sp_dtype_name(snapshot->precision),
                   sp_dtype_name(state->precision));
  }
  SP_TRY(check_tensors(&snapshot->table, state->table));
  SP_TRY(check_slots(snapshot, state));
  for (int i = 0; i < state->arrays; i++) {
    const sp_state_array *ours = &state->array[i], *theirs = find_array(snapshot, ours->name);
    if (!theirs) return sp_fail(SP_ERR_CONFIG, "does not contain the array %s", ours->name);
    if (theirs->count != ours->count) {
      return sp_fail(SP_ERR_CONFIG, "array %s has %" PRId64 " values in the checkpoint, %" PRId64 " in this run",
                     ours->name, theirs->count, ours->count);
    }
  }
  return SP_OK;
}

// --- load ---------------------------------------------------------------------------------------------------------

/// Format "version 2 of the arithmetic" in a buffer of 64 bytes.
static const char *arithmetic_text(int version, char buffer[64]) {
  if (version == 0) return "an arithmetic without a version";
  snprintf(buffer, 64, "version %d of the arithmetic", version);
  return buffer;
}

/// Refuse to continue a run with another arithmetic.
static sp_status check_arithmetic(const sp_snapshot *snapshot, const sp_state *state, const char *path) {
  char theirs[64];
  if (snapshot->arithmetic == state->arithmetic) return SP_OK;
  return sp_fail(SP_ERR_CONFIG,
                 "was written with %s (%s), but this program has version %d, which gives other bits: continue the run "
                 "with the program that wrote it, or start a new run from its parameters with model.initial: %s",
                 arithmetic_text(snapshot->arithmetic, theirs), snapshot->versions, state->arithmetic, path);
}

/// Rank 0 reads and checks state.h5; every rank decodes a copy. Collective: yes.
static sp_status open_snapshot(const sp_comm *comm, const char *path, sp_snapshot *snapshot) {
  char *image = NULL;
  size_t size = 0;
  SP_TRY(sp_comm_agree(comm, comm->rank == 0 ? sp_manifest_check(path, &image, &size) : SP_OK));
  sp_status status = sp_comm_broadcast_text(comm, &image, &size);
  if (status == SP_OK) {
    status = sp_comm_agree(comm, sp_context(sp_snapshot_decode(image, size, snapshot), "checkpoint %s", path));
  }
  free(image);
  return status;
}

/// Read this rank's share: its own blocks, and the frames of every comm->size-th part. The ranks of a node read
/// disjoint blocks, so they may read into one shared vector at the same time.
static sp_status read_share(const sp_comm *comm, const char *path, const sp_shards *shards, const sp_snapshot *snapshot,
                            const sp_state *state) {
  for (int64_t i = comm->rank; i < snapshot->layout.parts; i += comm->size) SP_TRY(sp_part_check(path, snapshot, i));
  size_t bytes = SP_BLOCK * sp_dtype_size(state->precision);
  for (int run = 0; run < sp_shard_runs(shards); run++) {
    sp_slice slice = sp_shard_slice(shards, comm->rank, run);
    char *parameters = (char *)state->parameters + (size_t)slice.first * bytes;
    SP_TRY(sp_vector_read(path, snapshot, 0, slice.first, slice.blocks, parameters));
    for (int i = 0; i < state->slots && slice.blocks > 0; i++) {
      char *slot = (char *)state->slot[i] + (size_t)slice.place * bytes;
      SP_TRY(sp_vector_read(path, snapshot, 1 + i, slice.first, slice.blocks, slot));
    }
  }
  return SP_OK;
}

static sp_status gather_parameters(const sp_comm *comm, const sp_shards *shards, const sp_state *state) {
  int *scratch;
  SP_TRY(sp_comm_agree(comm, sp_allocate(3 * (int64_t)comm->size, sizeof *scratch, "gathering parameters", &scratch)));
  sp_parameters_gather(comm, shards, state, scratch);
  free(scratch);
  return SP_OK;
}

/// Warn where bits may differ from those of the program that wrote the checkpoint: in an evaluation with another version
/// of the arithmetic, and with bfloat16.
static void warn_of_other_bits(const char *path, const sp_snapshot *snapshot, const sp_state *state) {
  char versions[256], theirs[64];
  sp_snapshot_versions(versions);
  if (snapshot->arithmetic != state->arithmetic) {
    sp_warn("%s was written with %s, but this program has version %d; outputs and scores may differ in their bits",
            path, arithmetic_text(snapshot->arithmetic, theirs), state->arithmetic);
  } else if (state->of_instructions && strcmp(versions, snapshot->versions) != 0) {
    sp_warn(
        "%s was written with %s, but this program uses %s; with bfloat16, results from here on may differ in their "
        "bits",
        path, snapshot->versions, versions);
  }
}

static sp_status load_values(const sp_comm *comm, const char *path, const sp_shards *shards,
                             const sp_snapshot *snapshot, bool resume, sp_state *state) {
  sp_status status = resume ? check_arithmetic(snapshot, state, path) : SP_OK;
  if (status == SP_OK) status = check_fits(snapshot, state);
  SP_TRY(sp_comm_agree(comm, sp_context(status, "checkpoint %s", path)));
  status = read_share(comm, path, shards, snapshot, state);
  SP_TRY(sp_comm_agree(comm, sp_context(status, "checkpoint %s", path)));
  SP_TRY(gather_parameters(comm, shards, state));
  state->progress = snapshot->progress;
  for (int i = 0; i < state->arrays; i++) {
    const sp_state_array *array = find_array(snapshot, state->array[i].name);
    if (array->count > 0) memcpy(state->array[i].value, array->value, (size_t)array->count * sizeof(double));
  }
  if (comm->rank == 0) warn_of_other_bits(path, snapshot, state);
  return SP_OK;
}

static sp_status load(const sp_comm *comm, const char *path, const sp_shards *shards, bool resume, sp_state *state) {
  sp_snapshot snapshot = {0};
  sp_status status = open_snapshot(comm, path, &snapshot);
  if (status == SP_OK) status = load_values(comm, path, shards, &snapshot, resume, state);
  sp_snapshot_free(&snapshot);
  return status;
}

sp_status sp_checkpoint_load(const sp_comm *comm, const char *path, const sp_shards *shards, sp_state *state) {
  return load(comm, path, shards, false, state);
}

// --- the newest intact one ----------------------------------------------------------------------------------------

static sp_status load_first_whole(const sp_comm *comm, const char *directory, const sp_shards *shards,
                                  const int64_t *step, int64_t count, sp_state *state) {
  sp_status status = SP_OK;
  for (int64_t i = 0; i < count; i++) {
    char path[PATH_MAX] = "";
    if (comm->rank == 0) snprintf(path, sizeof path, "%s/step-%09" PRId64, directory, step[i]);
    MPI_Bcast(path, sizeof path, MPI_CHAR, 0, comm->world);
    status = load(comm, path, shards, true, state);
    if (status != SP_ERR_CORRUPT) return status;
    if (comm->rank == 0) {
      sp_warn("%s%s", sp_error_message(), i + 1 < count ? "; falling back to the previous checkpoint" : "");
    }
  }
  return sp_context(status, "%s: no checkpoint is intact; the oldest one", directory);
}

sp_status sp_checkpoint_load_newest(const sp_comm *comm, const char *directory, const sp_shards *shards,
                                    sp_state *state, bool *found) {
  int64_t *step = NULL, count = 0;
  SP_TRY(sp_comm_agree(comm, comm->rank == 0 ? sp_checkpoint_list(directory, &step, &count) : SP_OK));
  MPI_Bcast(&count, 1, MPI_INT64_T, 0, comm->world);
  sp_status status = load_first_whole(comm, directory, shards, step, count, state);
  free(step);
  if (status == SP_OK) *found = count > 0;
  return status;
}
