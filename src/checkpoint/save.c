// Saving a checkpoint: everything is written beside, synced and agreed on, then renamed once.
// May include: base, comm, compute, exchange, checkpoint.
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/directory.h"
#include "checkpoint/part.h"
#include "compute/compute.h"

typedef struct save {
  const sp_comm *comm;
  const sp_state *state;
  const char *directory;
  char final[PATH_MAX], partial[PATH_MAX];
  const sp_shards *shards;
  int64_t first, blocks;             // of this rank
  int64_t node_first, node_blocks;
  int vectors;
  const void *vector[SP_STATE_VECTORS];    // this rank's first values of each
  uint64_t *checksum[SP_STATE_VECTORS];    // (blocks), of this rank
  sp_part part;                      // of this node
  uint64_t *all_checksum[SP_STATE_VECTORS];  // rank 0: of all ranks
  sp_part *all_part;                 // rank 0
} save;

static void begin(save *s) {
  size_t bytes = SP_BLOCK * sp_dtype_size(s->state->precision);
  int first_rank = s->comm->rank - s->comm->node_rank;
  s->first = sp_shard_begin(s->shards, s->comm->rank);
  s->blocks = sp_shard_end(s->shards, s->comm->rank) - s->first;
  s->node_first = sp_shard_begin(s->shards, first_rank);
  s->node_blocks = sp_shard_end(s->shards, first_rank + s->comm->node_size - 1) - s->node_first;
  s->vectors = 1 + s->state->slots;
  s->vector[0] = (const char *)s->state->parameters + (size_t)s->first * bytes;
  for (int v = 1; v < s->vectors; v++) s->vector[v] = s->state->slot[v - 1];
}

static void end(save *s) {
  for (int v = 0; v < SP_STATE_VECTORS; v++) {
    free(s->checksum[v]);
    free(s->all_checksum[v]);
  }
  free(s->all_part);
}

/// Every block of this rank: finite, and its checksum.
static sp_status check_blocks(save *s) {
  size_t bytes = SP_BLOCK * sp_dtype_size(s->state->precision);
  for (int v = 0; v < s->vectors; v++) {
    SP_TRY(sp_allocate(s->blocks, sizeof(uint64_t), "checksums", &s->checksum[v]));
    for (int64_t i = 0; i < s->blocks; i++) {
      const char *block = (const char *)s->vector[v] + (size_t)i * bytes;
      if (!sp_all_finite(s->state->precision, SP_BLOCK, block)) {
        char text[512];
        return sp_fail(SP_ERR_NONFINITE, "nothing is saved: %s holds a value that is not finite",
                       sp_block_text(s->state->table, v ? s->state->slot_name[v - 1] : NULL, s->first + i, text));
      }
      s->checksum[v][i] = sp_block_checksum(s->state->precision, block);
    }
  }
  return SP_OK;
}

/// Rank 0: is there such a checkpoint already? Else make the empty directory to write to.
static sp_status prepare(save *s, int *there) {
  if (strlen(s->directory) >= PATH_MAX - SP_CHECKPOINT_NAME) {
    return sp_fail(SP_ERR_IO, "%s: name too long", s->directory);
  }
  SP_TRY(sp_directory_create(s->directory));
  *there = sp_file_exists(s->final) && sp_checkpoint_verify(s->final) == SP_OK;
  if (*there) return SP_OK;
  SP_TRY(sp_directory_remove(s->partial));
  return sp_directory_create(s->partial);
}

/// The first rank of a node makes the node's part, and tells the others where to write.
static sp_status make_part(save *s) {
  sp_status status = SP_OK;
  if (s->comm->node_rank == 0 && s->node_blocks > 0) {
    status = sp_part_create(s->partial, s->comm->node_index, s->state, s->node_first, s->node_blocks, &s->part);
    if (status == SP_OK) status = sp_directory_sync(s->partial);
  }
  SP_TRY(sp_comm_agree(s->comm, status));
  MPI_Bcast(&s->part, sizeof s->part, MPI_BYTE, 0, s->comm->node);
  return SP_OK;
}

static sp_status write_blocks(const save *s) {
  if (s->blocks == 0) return SP_OK;
  return sp_part_write(s->partial, &s->part, s->state->precision, s->vectors, s->vector, s->first, s->blocks);
}

/// Checksums and parts of all ranks come to rank 0.
static sp_status collect(save *s, int64_t *parts) {
  int ranks = s->comm->size, *count = NULL, *place = NULL;
  sp_status status = SP_OK;
  if (s->comm->rank == 0) {
    status = sp_allocate(ranks, sizeof *count, "checksums", &count);
    if (status == SP_OK) status = sp_allocate(ranks, sizeof *place, "checksums", &place);
    if (status == SP_OK) status = sp_allocate(ranks, sizeof *s->all_part, "parts", &s->all_part);
    for (int v = 0; v < s->vectors && status == SP_OK; v++) {
      status = sp_allocate(s->shards->blocks, sizeof(uint64_t), "checksums", &s->all_checksum[v]);
    }
    for (int rank = 0; rank < ranks && status == SP_OK; rank++) {
      place[rank] = (int)sp_shard_begin(s->shards, rank);
      count[rank] = (int)sp_shard_end(s->shards, rank) - place[rank];
    }
  }
  status = sp_comm_agree(s->comm, status);
  if (status == SP_OK) {
    for (int v = 0; v < s->vectors; v++) {
      MPI_Gatherv(s->checksum[v], (int)s->blocks, MPI_UINT64_T, s->all_checksum[v], count, place, MPI_UINT64_T, 0,
                  s->comm->world);
    }
    sp_part part = s->comm->node_rank == 0 ? s->part : (sp_part){0};
    MPI_Gather(&part, sizeof part, MPI_BYTE, s->all_part, sizeof part, MPI_BYTE, 0, s->comm->world);
    *parts = 0;
    for (int rank = 0; s->comm->rank == 0 && rank < ranks; rank++) {
      if (s->all_part[rank].blocks > 0) s->all_part[(*parts)++] = s->all_part[rank];
    }
  }
  free(count);
  free(place);
  return status;
}

static sp_status write_manifest(const save *s, int64_t parts, const char *image, size_t size) {
  char path[PATH_MAX + SP_PART_NAME];
  sp_manifest manifest = {.parts = parts};
  sp_status status = sp_allocate(parts, sizeof *manifest.part, "manifest", &manifest.part);
  sp_manifest_set_state(&manifest, image, size);
  for (int64_t i = 0; i < parts && status == SP_OK; i++) {
    snprintf(manifest.part[i].file, SP_PART_NAME, "%s", s->all_part[i].file);
    snprintf(path, sizeof path, "%s/%s", s->partial, s->all_part[i].file);
    manifest.part[i].bytes = sp_file_size(path);
    if (manifest.part[i].bytes < 0) status = sp_file_error(path, "cannot be examined", errno);
  }
  sp_text text = {0};
  if (status == SP_OK) {
    sp_manifest_write(&manifest, &text);
    snprintf(path, sizeof path, "%s/manifest", s->partial);
    status = sp_file_write(path, text.data, text.size);
  }
  sp_text_free(&text);
  sp_manifest_free(&manifest);
  return status;
}

/// Rank 0: state.h5, and the manifest that covers it.
static sp_status write_state(const save *s, int64_t parts) {
  char path[PATH_MAX + SP_PART_NAME], *image = NULL;
  size_t size;
  SP_TRY(sp_snapshot_encode(s->state, s->all_part, parts, s->all_checksum, &image, &size));
  snprintf(path, sizeof path, "%s/state.h5", s->partial);
  sp_status status = sp_file_write(path, image, size);
  if (status == SP_OK) status = write_manifest(s, parts, image, size);
  free(image);
  return status;
}

/// Rank 0: what is written becomes visible. A damaged checkpoint of the same step steps aside first: at no moment is
/// there less to load than before.
static sp_status commit(const save *s) {
  char aside[PATH_MAX + SP_CHECKPOINT_NAME];
  snprintf(aside, sizeof aside, "%s/.step-%09" PRId64 ".damaged", s->directory, s->state->progress.step);
  bool damaged = sp_file_exists(s->final);
  if (damaged) {
    SP_TRY(sp_directory_remove(aside));
    SP_TRY(sp_file_rename(s->final, aside));
  }
  SP_TRY(sp_file_rename(s->partial, s->final));
  return damaged ? sp_directory_remove(aside) : SP_OK;
}

static sp_status write_all(save *s) {
  SP_TRY(make_part(s));
  SP_TRY(sp_comm_agree(s->comm, write_blocks(s)));
  int64_t parts;
  SP_TRY(collect(s, &parts));
  bool first = s->comm->rank == 0;
  SP_TRY(sp_comm_agree(s->comm, first ? write_state(s, parts) : SP_OK));
  return sp_comm_agree(s->comm, first ? commit(s) : SP_OK);
}

/// Nobody returns before it is gone. The message of the failure that led here stays. Collective: yes.
static sp_status remove_partial(const save *s, sp_status status) {
  if (s->comm->rank == 0) {
    char *message = strdup(sp_error_message());
    if (sp_directory_remove(s->partial) != SP_OK) sp_warn("%s", sp_error_message());
    status = sp_fail(status, "%s", message ? message : "");
    free(message);
  }
  MPI_Barrier(s->comm->world);
  return status;
}

sp_status sp_checkpoint_save(const sp_comm *comm, const char *directory, const sp_shards *shards,
                             const sp_state *state) {
  save s = {.comm = comm, .directory = directory, .shards = shards, .state = state};
  snprintf(s.final, sizeof s.final, "%s/step-%09" PRId64, directory, state->progress.step);
  snprintf(s.partial, sizeof s.partial, "%s/.step-%09" PRId64 ".partial", directory, state->progress.step);
  begin(&s);
  int there = 0;
  sp_status status = sp_comm_agree(comm, check_blocks(&s));
  if (status == SP_OK) status = sp_comm_agree(comm, comm->rank == 0 ? prepare(&s, &there) : SP_OK);
  if (status == SP_OK) {
    MPI_Bcast(&there, 1, MPI_INT, 0, comm->world);
    if (!there) {
      status = write_all(&s);
      if (status != SP_OK) status = remove_partial(&s, status);
    }
  }
  end(&s);
  return sp_context(status, "checkpoint of step %" PRId64, state->progress.step);
}
