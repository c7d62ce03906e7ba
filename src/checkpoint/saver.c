// SPDX-License-Identifier: Apache-2.0
// Saving in the background: the copy, the threads, and the phases that all ranks enter together.
#include "checkpoint/saver.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/task.h"
#include "base/text.h"
#include "checkpoint/commit.h"
#include "checkpoint/layout.h"
#include "checkpoint/part.h"
#include "checkpoint/retention.h"
#include "comm/window.h"

typedef enum move { IDLE, HOLDING, WRITING, COMMITTING } move;

struct sp_saver {
  const sp_comm *comm;
  const sp_shards *shards;
  sp_saver_options options;
  sp_comm group;          // comm; where ranks cannot share memory, each rank counts as a node
  sp_ckpt_layout layout;  // offsets on rank 0 only, after the parts are written
  int64_t own;            // number of this group's part; -1: none
  int64_t blocks;         // number of blocks in this group's part
  int vectors;
  sp_dtype precision;
  size_t block_bytes;

  sp_window copy;  // (vectors, blocks): the copy of the group's state
  sp_state state;  // the copied state except the values
  char partial[PATH_MAX];
  uint32_t incarnation;  // in its name, so that two jobs that write the same step do not collide

  move move;
  sp_task *task;          // on the first rank of a group
  MPI_Comm leaders;       // the first ranks of all groups
  sp_part part;           // the part that this group writes
  uint64_t *checksum;     // (vectors, blocks): the checksums of the part
  sp_block_range *range;  // ranges of the part, in its order
  int64_t ranges;
  sp_part *all_parts;                           // rank 0: the part of each leader
  uint64_t *all_checksums;                      // rank 0: checksums of one vector, in the order of the parts
  int *count, *place;                           // rank 0: count and place of each leader in all_checksums
  int *part_place;                              // rank 0: place of each part in all_checksums
  uint64_t *vector_checksum[SP_STATE_VECTORS];  // rank 0: checksums in the order of the vector
  sp_saver_times times;
};

static bool leads(const sp_saver *s) { return s->group.node_rank == 0; }

// --- the copy -----------------------------------------------------------------------------------------------------

void sp_saver_take(sp_saver *s, const sp_state *state) {
  double start = sp_clock();
  const sp_comm *g = &s->group;
  int first = g->rank - g->node_rank;
  char *vector = s->copy.memory;
  for (int v = 0; v < s->vectors; v++, vector += (size_t)s->blocks * s->block_bytes) {
    char *run_begin = vector;
    for (int run = 0; run < sp_shard_runs(s->shards); run++) {
      sp_slice mine = sp_shard_slice(s->shards, g->rank, run), begin = sp_shard_slice(s->shards, first, run);
      sp_slice last = sp_shard_slice(s->shards, first + g->node_size - 1, run);
      const char *from = v == 0 ? (const char *)state->parameters + (size_t)mine.first * s->block_bytes
                                : (const char *)state->slot[v - 1] + (size_t)mine.place * s->block_bytes;
      if (mine.blocks > 0) {
        memcpy(run_begin + (size_t)(mine.first - begin.first) * s->block_bytes, from,
               (size_t)mine.blocks * s->block_bytes);
      }
      run_begin += (size_t)(last.first + last.blocks - begin.first) * s->block_bytes;
    }
  }
  s->state = *state;
  sp_window_sync(g);
  s->move = HOLDING;
  s->times.copy = sp_clock() - start;
}

// --- the threads --------------------------------------------------------------------------------------------------

sp_status sp_checkpoint_check_space(const char *directory, int64_t bytes) {
  int64_t left = sp_space_left(directory);
  char a[32], b[32];
  if (left < 0 || left >= bytes) return SP_OK;
  return sp_fail(SP_ERR_SPACE,
                 "%s: a checkpoint needs %s, but only %s are free; free some space, or choose another run.directory",
                 directory, sp_text_bytes(bytes, a), sp_text_bytes(left, b));
}

sp_status sp_saver_check_space(const sp_saver *s) {
  return sp_checkpoint_check_space(s->options.directory, sp_saver_bytes(s));
}

static sp_status write_part(void *context) {
  sp_saver *s = context;
  if (s->comm->rank == 0) {
    SP_TRY(sp_directory_create(s->options.directory));
    SP_TRY(sp_saver_check_space(s));
  }
  if (s->blocks == 0) return SP_OK;
  double start = sp_clock();
  sp_part_content content = {&s->state, s->copy.memory, s->checksum, s->range, s->ranges};
  SP_TRY(sp_directory_create(s->partial));
  SP_TRY(sp_part_create(s->partial, s->group.node_index, &s->state, s->blocks, &s->part));
  SP_TRY(sp_part_write(s->partial, &s->part, &content));
  SP_TRY(sp_directory_sync(s->partial));
  s->times.write = sp_clock() - start;
  if (!s->options.verify) return SP_OK;
  SP_TRY(sp_part_read_back(s->partial, &s->part, &content));
  s->times.verify = sp_clock() - start - s->times.write;
  return SP_OK;
}

static sp_status commit(void *context) {
  sp_saver *s = context;
  const sp_saver_options *o = &s->options;
  const sp_progress *now = &s->state.progress;
  sp_commit c = {.directory = o->directory,
                 .partial = s->partial,
                 .verify = o->verify,
                 .retention = {.keep = o->keep, .keep_every = o->keep_every, .last = now->step, .best = now->best_step},
                 .may_commit = o->may_commit,
                 .context = o->context,
                 .state = &s->state,
                 .layout = &s->layout,
                 .checksum = s->vector_checksum};
  return sp_checkpoint_commit(&c);
}

static sp_status leave_cores(void *context) {
  const sp_saver *s = context;
  if (s->options.pin) sp_pin_leave(s->options.pin);
  return SP_OK;
}

// --- phases -------------------------------------------------------------------------------------------------------

void sp_saver_start(sp_saver *s) {
  snprintf(s->partial, sizeof s->partial, "%s/.step-%09" PRId64 ".partial-%08" PRIx32, s->options.directory,
           s->state.progress.step, s->incarnation);
  s->move = WRITING;
  if (leads(s)) sp_task_start(s->task, write_part, s);
}

bool sp_saver_holds(const sp_saver *s) { return s->move == HOLDING; }

bool sp_saver_is_busy(const sp_saver *s) { return s->move > HOLDING; }

int64_t sp_saver_step(const sp_saver *s) { return s->state.progress.step; }

bool sp_saver_ready(const sp_saver *s) { return sp_saver_is_busy(s) && (!s->task || sp_task_over(s->task)); }

sp_saver_times sp_saver_time(const sp_saver *s) { return s->times; }

/// Gather on rank 0 the layout of the parts and the checksums in the order of the vectors. Collective: yes, over the
/// leaders.
static void gather(sp_saver *s) {
  bool first = s->comm->rank == 0;
  MPI_Gather(&s->part, sizeof s->part, MPI_BYTE, s->all_parts, sizeof s->part, MPI_BYTE, 0, s->leaders);
  int parts = 0;
  for (int i = 0, begin = 0; first && i < s->group.node_count; i++) {
    s->count[i] = (int)s->all_parts[i].blocks;
    s->place[i] = begin;
    begin += s->count[i];
    if (s->count[i] == 0) continue;
    s->part_place[parts] = s->place[i];
    s->layout.part[parts++] = s->all_parts[i];
  }
  for (int v = 0; v < s->vectors; v++) {
    MPI_Gatherv(s->checksum + v * s->blocks, (int)s->blocks, MPI_UINT64_T, s->all_checksums, s->count, s->place,
                MPI_UINT64_T, 0, s->leaders);
    for (int64_t i = 0; first && i < s->layout.ranges; i++) {
      const sp_block_range *range = &s->layout.range[i];
      memcpy(s->vector_checksum[v] + range->first, s->all_checksums + s->part_place[range->part] + range->place,
             (size_t)range->blocks * sizeof(uint64_t));
    }
  }
}

/// Abandon the checkpoint. No rank returns before the written files are removed. Keeps the error message of the
/// failure. Collective: yes.
static sp_status give_up(sp_saver *s, sp_status status) {
  s->move = IDLE;
  if (s->comm->rank == 0) {
    char *message = strdup(sp_error_message());
    if (sp_directory_remove(s->partial) != SP_OK) sp_warn("%s", sp_error_message());
    status = sp_fail(status, "%s", message ? message : "");
    free(message);
  }
  MPI_Barrier(s->comm->world);
  return sp_context(status, "checkpoint of step %" PRId64, s->state.progress.step);
}

sp_status sp_saver_advance(sp_saver *s, bool *committed) {
  sp_status status = sp_comm_agree(s->comm, s->task ? sp_task_result(s->task) : SP_OK);
  if (status != SP_OK) return give_up(s, status);
  *committed = s->move == COMMITTING;
  if (s->move == COMMITTING) {
    s->move = IDLE;
    return SP_OK;
  }
  if (leads(s)) gather(s);
  s->move = COMMITTING;
  if (s->comm->rank == 0) sp_task_start(s->task, commit, s);
  return SP_OK;
}

// --- creation -----------------------------------------------------------------------------------------------------

int64_t sp_checkpoint_bytes(int64_t blocks, sp_dtype precision, int slots) {
  return (1 + slots) * blocks * SP_BLOCK * (int64_t)sp_dtype_size(precision);
}

static int64_t blocks_of(const sp_shards *shards, int first, int ranks) {
  int64_t blocks = 0;
  for (int rank = first; rank < first + ranks; rank++) blocks += sp_shard_blocks(shards, rank);
  return blocks;
}

int64_t sp_saver_memory(const sp_shards *shards, int first, int ranks, sp_dtype precision, int slots) {
  return sp_checkpoint_bytes(blocks_of(shards, first, ranks), precision, slots);
}

int64_t sp_saver_bytes(const sp_saver *s) {
  return sp_checkpoint_bytes(s->shards->blocks, s->precision, s->vectors - 1);
}

static void stand_alone(sp_saver *s) {
  s->group = *s->comm;
  s->group.node = MPI_COMM_SELF;
  s->group.node_rank = 0;
  s->group.node_size = 1;
  s->group.node_index = s->comm->rank;
  s->group.node_count = s->comm->size;
}

static int first_of_group(const sp_saver *s) { return s->group.rank - s->group.node_rank; }

/// Set the group to the ranks of the node, if they can share memory.
static sp_status find_group(sp_saver *s) {
  sp_window window;
  sp_status status = sp_window_open(s->comm, 1, "a page", &window);
  s->group = *s->comm;
  if (status == SP_OK) {
    sp_window_close(&window);
  } else if (status == SP_ERR_LIBRARY) {
    stand_alone(s);
    status = SP_OK;
  }
  s->blocks = blocks_of(s->shards, first_of_group(s), s->group.node_size);
  return status;
}

sp_status sp_saver_reserve(sp_saver *s) {
  if (s->copy.memory) return SP_OK;
  int64_t bytes = sp_saver_memory(s->shards, first_of_group(s), s->group.node_size, s->precision, s->vectors - 1);
  return sp_window_open(&s->group, bytes, "copy of the state for checkpoints", &s->copy);
}

static sp_status allocate(sp_saver *s) {
  if (!leads(s)) return SP_OK;
  SP_TRY(sp_allocate(s->vectors * s->blocks, sizeof *s->checksum, "checksums", &s->checksum));
  SP_TRY(sp_allocate(s->layout.ranges, sizeof *s->range, "ranges", &s->range));
  for (int64_t i = 0; i < s->layout.ranges; i++) {
    if (s->layout.range[i].part == s->own) s->range[s->ranges++] = s->layout.range[i];
  }
  SP_TRY(sp_task_create(&s->task));
  sp_task_start(s->task, leave_cores, s);
  if (s->comm->rank != 0) return SP_OK;
  SP_TRY(sp_allocate(s->group.node_count, sizeof *s->all_parts, "parts", &s->all_parts));
  SP_TRY(sp_allocate(s->group.node_count, sizeof *s->count, "parts", &s->count));
  SP_TRY(sp_allocate(s->group.node_count, sizeof *s->place, "parts", &s->place));
  SP_TRY(sp_allocate(s->group.node_count, sizeof *s->part_place, "parts", &s->part_place));
  SP_TRY(sp_allocate(s->shards->blocks, sizeof *s->all_checksums, "checksums", &s->all_checksums));
  for (int v = 0; v < s->vectors; v++) {
    SP_TRY(sp_allocate(s->shards->blocks, sizeof(uint64_t), "checksums", &s->vector_checksum[v]));
  }
  return sp_checkpoint_remove_unfinished(s->options.directory);
}

static sp_status create(sp_saver *s) {
  SP_TRY(find_group(s));
  SP_TRY(sp_ckpt_layout_make(&s->group, s->shards, &s->layout, &s->own));
  if (s->comm->rank == 0 && getrandom(&s->incarnation, sizeof s->incarnation, 0) < 0)
    s->incarnation = (uint32_t)getpid();
  MPI_Bcast(&s->incarnation, 1, MPI_UINT32_T, 0, s->comm->world);
  MPI_Comm_split(s->comm->world, leads(s) ? 0 : MPI_UNDEFINED, s->comm->rank, &s->leaders);
  sp_status status = allocate(s);
  if (s->task) {
    sp_status freed = sp_task_result(s->task);
    if (status == SP_OK) status = freed;
  }
  return sp_comm_agree(s->comm, status);
}

sp_status sp_saver_create(const sp_comm *comm, const sp_shards *shards, const sp_state *state,
                          const sp_saver_options *options, sp_saver **out) {
  sp_saver *s;
  SP_TRY(sp_comm_agree(comm, sp_allocate(1, sizeof *s, "saving", &s)));
  s->comm = comm;
  s->shards = shards;
  s->options = *options;
  s->leaders = MPI_COMM_NULL;
  s->vectors = 1 + state->slots;
  s->precision = state->precision;
  s->block_bytes = SP_BLOCK * sp_dtype_size(state->precision);
  sp_status status = create(s);
  if (status == SP_OK) {
    *out = s;
  } else {
    sp_saver_free(s);
  }
  return status;
}

void sp_saver_free(sp_saver *s) {
  if (!s) return;
  sp_task_free(s->task);
  if (s->leaders != MPI_COMM_NULL) MPI_Comm_free(&s->leaders);
  sp_window_close(&s->copy);
  sp_ckpt_layout_free(&s->layout);
  free(s->checksum);
  free(s->range);
  free(s->all_parts);
  free(s->all_checksums);
  free(s->count);
  free(s->place);
  free(s->part_place);
  for (int v = 0; v < SP_STATE_VECTORS; v++) free(s->vector_checksum[v]);
  free(s);
}
