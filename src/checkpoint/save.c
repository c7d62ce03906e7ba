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
  int vectors;
  int pieces;                        // of this rank: a vector's slice of a run, in this order
  sp_piece piece[SP_STATE_VECTORS * SP_SHARD_RUNS];
  uint64_t *checksum;                // of their blocks
  int64_t node_blocks;
  sp_part part;                      // of this node
  uint64_t *all_checksum[SP_STATE_VECTORS];  // rank 0: of all ranks
  sp_layout layout;                  // rank 0
} save;

/// A part holds the slices of its ranks in the order of the vector: those of a run lie together there.
static void begin(save *s) {
  size_t bytes = SP_BLOCK * sp_dtype_size(s->state->precision);
  int first_rank = s->comm->rank - s->comm->node_rank, last_rank = first_rank + s->comm->node_size - 1;
  s->vectors = 1 + s->state->slots;
  for (int v = 0; v < s->vectors; v++) {
    s->node_blocks = 0;
    for (int run = 0; run < sp_shard_runs(s->shards); run++) {
      sp_slice mine = sp_shard_slice(s->shards, s->comm->rank, run);
      sp_slice first = sp_shard_slice(s->shards, first_rank, run), last = sp_shard_slice(s->shards, last_rank, run);
      const char *data = v ? s->state->slot[v - 1] : s->state->parameters;
      s->piece[s->pieces++] = (sp_piece){.vector = v, .first = mine.first, .blocks = mine.blocks,
                                         .place = s->node_blocks + mine.first - first.first,
                                         .data = data + (size_t)(v ? mine.place : mine.first) * bytes};
      s->node_blocks += last.first + last.blocks - first.first;
    }
  }
}

static void end(save *s) {
  free(s->checksum);
  for (int v = 0; v < SP_STATE_VECTORS; v++) free(s->all_checksum[v]);
  free(s->layout.part);
  free(s->layout.range);
}

/// Every block of this rank: finite, and its checksum.
static sp_status check_blocks(save *s) {
  size_t bytes = SP_BLOCK * sp_dtype_size(s->state->precision);
  int64_t blocks = sp_shard_blocks(s->shards, s->comm->rank);
  SP_TRY(sp_allocate(s->vectors * blocks, sizeof *s->checksum, "checksums", &s->checksum));
  uint64_t *checksum = s->checksum;
  for (const sp_piece *piece = s->piece; piece < s->piece + s->pieces; piece++) {
    for (int64_t i = 0; i < piece->blocks; i++) {
      const char *block = piece->data + (size_t)i * bytes;
      if (!sp_all_finite(s->state->precision, SP_BLOCK, block)) {
        const char *slot = piece->vector ? s->state->slot_name[piece->vector - 1] : NULL;
        char text[512];
        return sp_fail(SP_ERR_NONFINITE, "nothing is saved: %s holds a value that is not finite",
                       sp_block_text(s->state->table, slot, piece->first + i, text));
      }
      *checksum++ = sp_block_checksum(s->state->precision, block);
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
    status = sp_part_create(s->partial, s->comm->node_index, s->state, s->node_blocks, &s->part);
    if (status == SP_OK) status = sp_directory_sync(s->partial);
  }
  SP_TRY(sp_comm_agree(s->comm, status));
  MPI_Bcast(&s->part, sizeof s->part, MPI_BYTE, 0, s->comm->node);
  return SP_OK;
}

static sp_status write_blocks(const save *s) {
  if (sp_shard_blocks(s->shards, s->comm->rank) == 0) return SP_OK;
  return sp_part_write(s->partial, &s->part, s->state->precision, s->piece, s->pieces);
}

/// Rank 0: checksums of all blocks, in the order of the vector. Collective: yes.
static sp_status collect_checksums(save *s) {
  int ranks = s->comm->size, *count = NULL, *place = NULL;
  sp_status status = SP_OK;
  if (s->comm->rank == 0) {
    status = sp_allocate(ranks, sizeof *count, "checksums", &count);
    if (status == SP_OK) status = sp_allocate(ranks, sizeof *place, "checksums", &place);
    for (int v = 0; v < s->vectors && status == SP_OK; v++) {
      status = sp_allocate(s->shards->blocks, sizeof(uint64_t), "checksums", &s->all_checksum[v]);
    }
  }
  status = sp_comm_agree(s->comm, status);
  const uint64_t *checksum = s->checksum;
  for (int i = 0; i < s->pieces && status == SP_OK; i++) {
    for (int rank = 0; s->comm->rank == 0 && rank < ranks; rank++) {
      sp_slice slice = sp_shard_slice(s->shards, rank, i % sp_shard_runs(s->shards));
      place[rank] = (int)slice.first;
      count[rank] = (int)slice.blocks;
    }
    MPI_Gatherv(checksum, (int)s->piece[i].blocks, MPI_UINT64_T, s->all_checksum[s->piece[i].vector], count, place,
                MPI_UINT64_T, 0, s->comm->world);
    checksum += s->piece[i].blocks;
  }
  free(count);
  free(place);
  return status;
}

/// Rank 0: the parts, and the ranges in the order of the vector. `part_of_rank` has a part where a rank has made one;
/// the ranks after it fill it too.
static sp_status make_layout(save *s, const sp_part *part_of_rank) {
  sp_layout *layout = &s->layout;
  int ranks = s->comm->size, runs = sp_shard_runs(s->shards);
  int64_t *filled;
  SP_TRY(sp_allocate(ranks, sizeof *layout->part, "parts", &layout->part));
  SP_TRY(sp_allocate((int64_t)ranks * runs, sizeof *layout->range, "ranges", &layout->range));
  SP_TRY(sp_allocate(ranks, sizeof *filled, "parts", &filled));
  for (int rank = 0; rank < ranks; rank++) {
    if (part_of_rank[rank].blocks > 0) layout->part[layout->parts++] = part_of_rank[rank];
  }
  for (int run = 0; run < runs; run++) {
    int64_t part = -1;
    for (int rank = 0; rank < ranks; rank++) {
      if (part_of_rank[rank].blocks > 0) part++;
      sp_slice slice = sp_shard_slice(s->shards, rank, run);
      if (slice.blocks == 0) continue;
      sp_range *last = layout->ranges > 0 ? &layout->range[layout->ranges - 1] : NULL;
      if (last && last->part == part) {  // goes on in the part as it does in the vector
        last->blocks += slice.blocks;
      } else {
        layout->range[layout->ranges++] = (sp_range){part, slice.first, slice.blocks, filled[part]};
      }
      filled[part] += slice.blocks;
    }
  }
  free(filled);
  return SP_OK;
}

/// Rank 0: where all is. Collective: yes.
static sp_status collect_parts(save *s) {
  sp_part *part_of_rank = NULL, mine = s->comm->node_rank == 0 ? s->part : (sp_part){0};
  bool first = s->comm->rank == 0;
  SP_TRY(sp_comm_agree(
      s->comm, first ? sp_allocate(s->comm->size, sizeof *part_of_rank, "parts", &part_of_rank) : SP_OK));
  MPI_Gather(&mine, sizeof mine, MPI_BYTE, part_of_rank, sizeof mine, MPI_BYTE, 0, s->comm->world);
  sp_status status = sp_comm_agree(s->comm, first ? make_layout(s, part_of_rank) : SP_OK);
  free(part_of_rank);
  return status;
}

static sp_status write_manifest(const save *s, const char *image, size_t size) {
  char path[PATH_MAX + SP_PART_NAME];
  int64_t parts = s->layout.parts;
  sp_manifest manifest = {.parts = parts};
  sp_status status = sp_allocate(parts, sizeof *manifest.part, "manifest", &manifest.part);
  sp_manifest_set_state(&manifest, image, size);
  for (int64_t i = 0; i < parts && status == SP_OK; i++) {
    snprintf(manifest.part[i].file, SP_PART_NAME, "%s", s->layout.part[i].file);
    snprintf(path, sizeof path, "%s/%s", s->partial, s->layout.part[i].file);
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
static sp_status write_state(const save *s) {
  char path[PATH_MAX + SP_PART_NAME], *image = NULL;
  size_t size;
  SP_TRY(sp_snapshot_encode(s->state, &s->layout, s->all_checksum, &image, &size));
  snprintf(path, sizeof path, "%s/state.h5", s->partial);
  sp_status status = sp_file_write(path, image, size);
  if (status == SP_OK) status = write_manifest(s, image, size);
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
  SP_TRY(collect_checksums(s));
  SP_TRY(collect_parts(s));
  bool first = s->comm->rank == 0;
  SP_TRY(sp_comm_agree(s->comm, first ? write_state(s) : SP_OK));
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
