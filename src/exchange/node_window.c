// SPDX-License-Identifier: Apache-2.0
// Memory shared by the ranks of a node: a window with their partial sums, and a board with the progress of each rank.
// The progress is in flags that only their rank writes and that only increase, over all steps, so that they are never
// reset. Ranks wait by polling flags, which takes less than a microsecond if every rank has its own core.
#include "exchange/node_window.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"
#include "base/memory.h"
#include "comm/cores.h"
#include "comm/window.h"
#include "exchange/partial_sums.h"
#include "exchange/sums.h"

/// Flags of a rank, on separate cache lines (the hardware fetches two at a time). A position within a step is
/// step * (blocks + 1) + blocks.
typedef struct flags {
  _Alignas(128) _Atomic int64_t gathered;  ///< the last gathering for which this rank has written its values
  _Atomic int64_t ready;    ///< position: number of blocks at the end of the vector with complete gradients
  _Atomic int64_t settled;  ///< the last step whose gradients this rank has read
  _Atomic int64_t arrived;  ///< position: parameters before it have arrived on this rank
  _Atomic int64_t joined;   ///< of the first rank: the last gathering for which the values of all nodes are written
  _Atomic int64_t brought;  ///< the last step whose `value` is written
  int64_t value;            ///< of this rank, for sp_node_least
} flags;

struct sp_node_window {
  sp_window gradients, board;
  flags *flag;          // (ranks of the node)
  double *control[2];   // (lanes, control), of even and odd steps
  double *lane_values;  // a copy for the addition
  int64_t gatherings;   // sp_node_gather so far
  bool sharing;         // some ranks share a core

  int64_t parts;  // partial sums of the node's ranks, in the order of the lanes
  sp_subtree *range;
  char **memory;

  MPI_Comm leaders;  // the first rank of each node
  int *counts, *offsets;
};

static int64_t position(const sp_exchange *x, int64_t step, int64_t blocks) {
  return step * (x->job.blocks + 1) + blocks;
}

static flags *own_flags(const sp_exchange *x) { return &x->node->flag[x->comm->node_rank]; }

static void set_flag(_Atomic int64_t *flag, int64_t value) { atomic_store_explicit(flag, value, memory_order_release); }

// --- waiting ------------------------------------------------------------------------------------------------------

static void pause_core(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Yield the core after many polls. Ranks that share cores yield early, and then sleep: Linux 6.18 considers a core on
/// which a process yields a million times a second as busy,
/// and can keep processes of other sessions from it for minutes.
static void give_way(const sp_node_window *node, int64_t looks) {
  enum { PATIENT = 10000, SHARING = 50, OFFERED = 150 };
  const struct timespec moment = {.tv_nsec = 50000};
  if (node->sharing && looks > OFFERED) {
    nanosleep(&moment, NULL);
  } else if (looks > (node->sharing ? SHARING : PATIENT)) {
    sched_yield();
  }
}

static void await_flag(sp_exchange *x, const _Atomic int64_t *flag, int64_t value) {
  void (*progress)(sp_exchange *) = x->transport->progress;
  for (int64_t looks = 1; atomic_load_explicit(flag, memory_order_acquire) < value; looks++) {
    progress ? progress(x) : pause_core();
    give_way(x->node, looks);
  }
}

/// Wait until the flag at the offset `flag` of `flags` has reached a value on all ranks of the node.
static void await_all(sp_exchange *x, size_t flag, int64_t value) {
  double start = sp_clock();
  for (int r = 0; r < x->comm->node_size; r++) {
    await_flag(x, (const _Atomic int64_t *)((const char *)&x->node->flag[r] + flag), value);
  }
  x->times.wait += sp_clock() - start;
}

void sp_node_ready(sp_exchange *x, int64_t first) {
  int64_t now = position(x, x->step, x->job.blocks - first);
  if (atomic_load_explicit(&own_flags(x)->ready, memory_order_relaxed) != now) set_flag(&own_flags(x)->ready, now);
}

int64_t sp_node_ready_from(const sp_exchange *x) {
  int64_t least = INT64_MAX;
  for (int r = 0; r < x->comm->node_size; r++) {
    int64_t ready = atomic_load_explicit(&x->node->flag[r].ready, memory_order_acquire);
    least = ready < least ? ready : least;
  }
  int64_t blocks = least - position(x, x->step, 0);
  return x->job.blocks - (blocks > 0 ? blocks : 0);
}

void sp_node_arrived(sp_exchange *x, int64_t step, int64_t end) {
  set_flag(&own_flags(x)->arrived, position(x, step, end));
}

void sp_node_await(sp_exchange *x, int64_t step, int64_t end) {
  await_all(x, offsetof(flags, arrived), position(x, step, end));
}

void sp_node_settled(sp_exchange *x) { set_flag(&own_flags(x)->settled, x->step); }

void sp_node_await_settled(sp_exchange *x) { await_all(x, offsetof(flags, settled), x->step); }

void sp_node_begin(sp_exchange *x) { await_all(x, offsetof(flags, settled), x->step - 1); }

// --- values of all ranks ------------------------------------------------------------------------------------------

/// The first ranks of the nodes exchange the values of their nodes. Afterwards each node has all values.
static void join_nodes(sp_exchange *x, double *values, const int *counts, const int *offsets) {
  sp_node_window *node = x->node;
  if (x->comm->node_rank == 0) {
    MPI_Request request;
    int over = 0;
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, counts, offsets, MPI_DOUBLE, node->leaders, &request);
    while (MPI_Test(&request, &over, MPI_STATUS_IGNORE), !over) x->transport->progress(x);
    set_flag(&node->flag[0].joined, node->gatherings);
  }
  await_flag(x, &node->flag[0].joined, node->gatherings);
}

void sp_node_gather(sp_exchange *x, double *values, const int *counts, const int *offsets) {
  set_flag(&own_flags(x)->gathered, ++x->node->gatherings);
  await_all(x, offsetof(flags, gathered), x->node->gatherings);
  if (x->comm->node_count > 1) join_nodes(x, values, counts, offsets);
}

void sp_node_spans(const sp_exchange *x, int begin, int count, int *counts, int *offsets) {
  if (x->node->leaders == MPI_COMM_NULL) return;
  MPI_Allgather(&begin, 1, MPI_INT, offsets, 1, MPI_INT, x->node->leaders);
  MPI_Allgather(&count, 1, MPI_INT, counts, 1, MPI_INT, x->node->leaders);
}

void sp_node_control(sp_exchange *x, const double *mine, double *total) {
  sp_node_window *node = x->node;
  double *values = node->control[x->step % 2];
  size_t width = (size_t)x->job.control, lanes = (size_t)(x->hosted.end - x->hosted.begin);
  memcpy(values + (size_t)x->hosted.begin * width, mine, lanes * width * sizeof *mine);
  sp_node_gather(x, values, node->counts, node->offsets);
  memcpy(node->lane_values, values, (size_t)x->job.lanes * width * sizeof *values);
  sp_lane_sums_add(x->job.lanes, x->job.control, node->lane_values, total);
}

int64_t sp_node_least(sp_exchange *x, int64_t mine) {
  own_flags(x)->value = mine;
  set_flag(&own_flags(x)->brought, x->step);
  await_all(x, offsetof(flags, brought), x->step);
  for (int r = 0; r < x->comm->node_size; r++) {
    if (x->node->flag[r].value < mine) mine = x->node->flag[r].value;
  }
  return mine;
}

int64_t sp_node_parts(const sp_exchange *x, const sp_subtree **range, char *const **memory) {
  *range = x->node->range;
  *memory = x->node->memory;
  return x->node->parts;
}

// --- creation -----------------------------------------------------------------------------------------------------

static int first_rank(const sp_exchange *x) { return x->comm->rank - x->comm->node_rank; }

static sp_subtree hosted_by(const sp_exchange *x, int node_rank) {
  return sp_lanes_hosted(x->job.lanes, x->comm->size, first_rank(x) + node_rank);
}

/// Compute the size of the partial sums of the node's ranks, and their number at the end of a step.
static sp_status measure(const sp_exchange *x, int64_t *bytes, int64_t *parts) {
  *bytes = *parts = 0;
  for (int r = 0; r < x->comm->node_size; r++) {
    int64_t mine;
    SP_TRY(sp_partials_memory(x, hosted_by(x, r), &mine));
    if (!sp_add_size(*bytes, mine, bytes)) return sp_fail(SP_ERR_MEMORY, "gradients: larger than can be addressed");
    *parts += sp_partials(x, hosted_by(x, r));
  }
  return SP_OK;
}

static void lay_out(sp_exchange *x) {
  sp_node_window *node = x->node;
  char *memory = node->gradients.memory;
  for (int r = 0; r < x->comm->node_size; r++) {
    int64_t parts = sp_partials(x, hosted_by(x, r));
    if (r == x->comm->node_rank) x->gradients = memory;
    for (int64_t i = 0; i < parts; i++, memory += x->stride) {
      node->range[node->parts] = sp_partial_range(x, hosted_by(x, r), i);
      node->memory[node->parts++] = memory;
    }
  }
}

static sp_status open_gradients(sp_exchange *x) {
  sp_node_window *node = x->node;
  int64_t bytes, parts;
  SP_TRY(sp_comm_agree(x->comm, measure(x, &bytes, &parts)));
  SP_TRY(sp_window_open(x->comm, bytes, "gradients", &node->gradients));
  sp_status status = sp_allocate(parts, sizeof *node->range, "partial sums", &node->range);
  if (status == SP_OK) status = sp_allocate(parts, sizeof *node->memory, "partial sums", &node->memory);
  SP_TRY(sp_comm_agree(x->comm, status));
  lay_out(x);
  return SP_OK;
}

/// Compute the number of control values of all lanes, and the bytes of a board,
/// which has those of two steps and the flags.
static sp_status measure_board(const sp_exchange *x, int64_t *values, int64_t *bytes) {
  int64_t flag_bytes = x->comm->node_size * (int64_t)sizeof(flags);
  if (sp_multiply_size(x->job.lanes, x->job.control, values) && *values <= INT32_MAX &&
      sp_multiply_size(*values, 2 * sizeof(double), bytes) && sp_add_size(*bytes, flag_bytes, bytes)) {
    return SP_OK;
  }
  return sp_fail(SP_ERR_MEMORY, "%lld sums for each of %lld lanes are too many", (long long)x->job.control,
                 (long long)x->job.lanes);
}

static sp_status open_board(sp_exchange *x) {
  sp_node_window *node = x->node;
  int64_t values = 0, bytes = 0, flag_bytes = x->comm->node_size * (int64_t)sizeof(flags);
  sp_status status = measure_board(x, &values, &bytes);
  if (status == SP_OK) status = sp_allocate(values, sizeof(double), "sums of lanes", &node->lane_values);
  SP_TRY(sp_comm_agree(x->comm, status));
  SP_TRY(sp_window_open(x->comm, bytes, "control values", &node->board));
  node->flag = node->board.memory;
  node->control[0] = (double *)((char *)node->board.memory + flag_bytes);
  node->control[1] = node->control[0] + values;
  sp_node_arrived(x, 0, x->job.blocks);  // all parameters are complete before the first step
  return SP_OK;
}

static sp_status join_leaders(sp_exchange *x) {
  sp_node_window *node = x->node;
  const sp_comm *comm = x->comm;
  sp_status status = sp_allocate(comm->node_count, sizeof *node->counts, "message counts", &node->counts);
  if (status == SP_OK) status = sp_allocate(comm->node_count, sizeof *node->offsets, "message offsets", &node->offsets);
  SP_TRY(sp_comm_agree(comm, status));
  MPI_Comm_split(comm->world, comm->node_rank == 0 ? 0 : MPI_UNDEFINED, comm->node_index, &node->leaders);
  int begin = (int)(x->hosted.begin * x->job.control);
  int end = (int)(sp_lanes_hosted(x->job.lanes, comm->size, comm->rank + comm->node_size - 1).end * x->job.control);
  sp_node_spans(x, begin, end - begin, node->counts, node->offsets);
  return SP_OK;
}

sp_status sp_node_memory(const sp_exchange *x, sp_exchange_bytes *out) {
  int64_t values, board;
  SP_TRY(measure_board(x, &values, &board));
  *out = (sp_exchange_bytes){.buffers = values * (int64_t)sizeof(double) + (x->comm->node_rank == 0 ? board : 0)};
  return sp_partials_memory(x, x->hosted, &out->gradients);
}

sp_status sp_node_create(sp_exchange *x) {
  SP_TRY(sp_comm_agree(x->comm, sp_allocate(1, sizeof *x->node, "exchange", &x->node)));
  x->node->leaders = MPI_COMM_NULL;
  x->node->sharing = !sp_comm_has_core_each(x->comm);
  SP_TRY(open_gradients(x));
  SP_TRY(open_board(x));
  if (x->comm->node_count > 1) SP_TRY(join_leaders(x));
  sp_window_sync(x->comm);
  return SP_OK;
}

void sp_node_free(sp_exchange *x) {
  sp_node_window *node = x->node;
  if (!node) return;
  sp_window_close(&node->gradients);
  sp_window_close(&node->board);
  if (node->leaders != MPI_COMM_NULL) MPI_Comm_free(&node->leaders);
  free(node->lane_values);
  free(node->range);
  free(node->memory);
  free(node->counts);
  free(node->offsets);
  free(node);
  x->node = NULL;
}
