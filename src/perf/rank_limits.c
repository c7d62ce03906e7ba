// SPDX-License-Identifier: Apache-2.0
// Limits of the machine: barriers and sums of the ranks of a node, and messages.
#include "perf/rank_limits.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/share.h"
#include "comm/window.h"
#include "compute/elementwise.h"
#include "perf/timing.h"

// --- the ranks of a node ------------------------------------------------------------------------------------------

enum { LINE = 128, PAGE = 4096, LARGEST_VECTOR = 64 << 20, LARGEST_WINDOW = 256 << 20, PIECE = 4096, SPINS = 4096 };

typedef struct shared {
  const sp_comm *comm;
  char *lines;    // one per rank: the number of barriers it has reached
  char *vectors;  // one per rank, `stride` bytes apart, which is not a power of two (see comm/window.c)
  int64_t values, stride;
  unsigned reached;
} shared;

static atomic_uint *flag_of(const shared *s, int rank) { return (atomic_uint *)(void *)(s->lines + rank * LINE); }

static void wait_for_all(void *context) {
  shared *s = context;
  unsigned now = ++s->reached;
  atomic_store_explicit(flag_of(s, s->comm->node_rank), now, memory_order_release);
  for (int r = 0; r < s->comm->node_size; r++) {
    for (int spins = 0; (int)(atomic_load_explicit(flag_of(s, r), memory_order_acquire) - now) < 0; spins++) {
      if (spins >= SPINS) sched_yield();  // there may be more ranks than cores
    }
  }
}

static float *vector_of(const shared *s, int rank) { return (float *)(void *)(s->vectors + rank * s->stride); }

/// Each rank sums its share of all vectors and writes the sum to all of them.
static void sum_in_place(void *context) {
  shared *s = context;
  int ranks = s->comm->node_size, me = s->comm->node_rank;
  int64_t end = sp_share_begin(s->values, ranks, me + 1);
  wait_for_all(s);
  for (int64_t i = sp_share_begin(s->values, ranks, me); i < end; i += PIECE) {
    int64_t n = end - i < PIECE ? end - i : PIECE;
    float *sum = vector_of(s, 0) + i;
    for (int r = 1; r < ranks; r++) sp_add(SP_FLOAT32, n, sum, vector_of(s, r) + i);
    for (int r = 1; r < ranks; r++) sp_sum(SP_FLOAT32, n, sum, NULL, vector_of(s, r) + i);
  }
  wait_for_all(s);
}

static sp_status measure_node(const sp_comm *comm, double seconds, sp_rank_limits *out) {
  sp_window window;
  int64_t lines = (int64_t)comm->node_size * LINE, vector = LARGEST_WINDOW / comm->node_size / PAGE * PAGE;
  if (vector > LARGEST_VECTOR) vector = LARGEST_VECTOR;
  shared s = {.comm = comm, .values = vector / (int64_t)sizeof(float), .stride = vector + PAGE};
  SP_TRY(sp_window_open(comm, lines + comm->node_size * s.stride, "limits of the node", &window));
  s.lines = window.memory;
  s.vectors = s.lines + lines;
  out->barrier = sp_comm_mean(comm, sp_time_job(comm, (sp_job){wait_for_all, &s}, seconds));
  double once = sp_comm_mean(comm, sp_time_job(comm, (sp_job){sum_in_place, &s}, seconds));
  out->node_sum = (double)vector / once;
  MPI_Barrier(comm->node);
  sp_window_close(&window);
  return SP_OK;
}

// --- messages between two ranks -----------------------------------------------------------------------------------

enum { LARGE = 4 << 20, MANY = 64, TAG = 1 };

typedef struct pair {
  MPI_Comm world;
  int other;
  bool first;
  char *out, *in;
} pair;

static void there_and_back(void *context) {
  const pair *p = context;
  for (int i = 0; i < 2; i++) {
    if ((i == 0) == p->first) {
      MPI_Send(p->out, 8, MPI_BYTE, p->other, TAG, p->world);
    } else {
      MPI_Recv(p->in, 8, MPI_BYTE, p->other, TAG, p->world, MPI_STATUS_IGNORE);
    }
  }
}

static void many_at_once(void *context) {
  const pair *p = context;
  MPI_Request request[2 * MANY];
  for (int i = 0; i < MANY; i++) MPI_Irecv(p->in + 8 * i, 8, MPI_BYTE, p->other, TAG, p->world, &request[i]);
  for (int i = 0; i < MANY; i++) MPI_Isend(p->out, 8, MPI_BYTE, p->other, TAG, p->world, &request[MANY + i]);
  MPI_Waitall(2 * MANY, request, MPI_STATUSES_IGNORE);
}

static void cross(void *context) {
  const pair *p = context;
  MPI_Sendrecv(p->out, LARGE, MPI_BYTE, p->other, TAG, p->in, LARGE, MPI_BYTE, p->other, TAG, p->world,
               MPI_STATUS_IGNORE);
}

static double work(void) {
  enum { ROUNDS = 100000 };
  volatile double sink = 1;
  double start = sp_clock();
  for (int i = 0; i < ROUNDS; i++) sink = sink * 0.999 + 0.001;
  return sp_clock() - start;
}

/// Compute while messages are exchanged, with occasional progress calls, as in a step. Returns the seconds of computing
/// lost per byte: the time in MPI calls, and the slowdown of the computation.
static double carrying(const pair *p) {
  enum { MESSAGES = 15 };
  double alone[MESSAGES], lost[MESSAGES];
  for (int i = 0; i < MESSAGES; i++) alone[i] = work();
  double once = sp_median(alone, MESSAGES);
  for (int i = 0; i < MESSAGES; i++) {
    MPI_Request request[2];
    int over = 0;
    int64_t works = 0;
    double start = sp_clock();
    MPI_Irecv(p->in, LARGE, MPI_BYTE, p->other, TAG, p->world, &request[0]);
    MPI_Isend(p->out, LARGE, MPI_BYTE, p->other, TAG, p->world, &request[1]);
    while (!over) {
      work();
      works++;
      MPI_Testall(2, request, &over, MPI_STATUSES_IGNORE);
    }
    lost[i] = sp_clock() - start - (double)works * once;
  }
  double seconds = sp_median(lost, MESSAGES);
  return seconds > 0 ? seconds / LARGE : 0;
}

/// Measure messages between rank 0 and the first rank of another node, or rank 1; the others wait.
static sp_status measure_messages(const sp_comm *comm, double seconds, sp_rank_limits *out) {
  int second = comm->node_count > 1 && comm->node_index == 1 && comm->node_rank == 0 ? comm->rank : 0;
  MPI_Allreduce(MPI_IN_PLACE, &second, 1, MPI_INT, MPI_MAX, comm->world);
  if (second == 0) second = 1;
  sp_comm two = *comm;
  bool takes_part = comm->rank == 0 || comm->rank == second;
  pair p = {.other = comm->rank == 0 ? 1 : 0, .first = comm->rank == 0};
  sp_status status = sp_allocate(LARGE, 1, "messages", &p.out);
  if (status == SP_OK) status = sp_allocate(LARGE, 1, "messages", &p.in);
  status = sp_comm_agree(comm, status);
  MPI_Comm_split(comm->world, takes_part ? 0 : MPI_UNDEFINED, comm->rank, &p.world);
  double measured[4] = {0};
  if (status == SP_OK && takes_part) {
    two.world = p.world;
    two.size = 2;
    measured[0] = sp_time_job(&two, (sp_job){there_and_back, &p}, seconds) / 2;
    measured[1] = sp_time_job(&two, (sp_job){many_at_once, &p}, seconds) / (2 * MANY);
    measured[2] = LARGE / sp_time_job(&two, (sp_job){cross, &p}, 2 * seconds);
    measured[3] = carrying(&p);
  }
  if (takes_part) MPI_Comm_free(&p.world);
  free(p.out);
  free(p.in);
  SP_TRY(status);
  MPI_Bcast(measured, 4, MPI_DOUBLE, 0, comm->world);
  out->latency = measured[0];
  out->message = measured[1];
  out->bandwidth = measured[2];
  out->carrying = measured[3];
  out->between_nodes = comm->node_count > 1;
  return SP_OK;
}

sp_status sp_rank_limits_measure(const sp_comm *comm, double seconds, sp_rank_limits *out) {
  sp_rank_limits limits = {
      .node_sum = NAN, .barrier = NAN, .latency = NAN, .message = NAN, .bandwidth = NAN, .carrying = NAN};
  int widest;
  MPI_Allreduce(&comm->node_size, &widest, 1, MPI_INT, MPI_MAX, comm->world);
  if (widest > 1) SP_TRY(measure_node(comm, seconds, &limits));
  if (comm->size > 1) SP_TRY(measure_messages(comm, seconds, &limits));
  *out = limits;
  return SP_OK;
}
