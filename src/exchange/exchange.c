// Gradients in, updated parameters out: the part that is the same for windows and messages.
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "compute/elementwise.h"
#include "exchange/exchange_state.h"

// --- the stack of this rank's partial sums ------------------------------------------------------------------------

/// Put a lane's gradient on the stack: how many additions does it make possible?
static int push(int64_t lanes, sp_subtree *range, int *depth, int64_t lane) {
  int additions = 0, top = *depth;
  sp_subtree both = {lane, lane + 1};
  while (top > 0) {
    both.begin = range[top - 1].begin;
    if (!sp_lanes_is_subtree(lanes, both)) break;
    top--;
    additions++;
  }
  range[(*depth)++] = (sp_subtree){lane, lane + 1};
  return additions;
}

static void merge(sp_subtree *range, int *depth) {
  (*depth)--;
  range[*depth - 1].end = range[*depth].end;
}

sp_stack sp_stack_of(int64_t lanes, sp_subtree hosted, bool lazy) {
  sp_stack s = {0};
  for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
    int additions = push(lanes, s.range, &s.depth, lane);
    if (s.depth > s.deepest) s.deepest = s.depth;
    for (; additions > 0 && !(lazy && lane == hosted.end - 1); additions--) merge(s.range, &s.depth);
  }
  return s;
}

int64_t sp_partial_stride(const sp_exchange_job *job) {
  enum { PAGE = 4096 };
  return job->blocks * SP_BLOCK * (int64_t)sp_dtype_size(job->precision) + PAGE;
}

void *sp_exchange_gradient(sp_exchange *x) { return sp_partial(x, x->depth); }

void sp_exchange_lane_done(sp_exchange *x) {
  int64_t lane = x->next_lane++;
  int additions = push(x->job.lanes, x->range, &x->depth, lane);
  bool last = x->next_lane == x->hosted.end;
  // With windows the last additions are made by those who read the parts.
  for (; additions > 0 && !(last && x->node); additions--) {
    sp_add(x->job.precision, x->job.blocks * SP_BLOCK, sp_partial(x, x->depth - 2), sp_partial(x, x->depth - 1));
    merge(x->range, &x->depth);
  }
  if (last && x->node) sp_node_ready(x, 0);
}

// --- a step -------------------------------------------------------------------------------------------------------

/// The parameters that were set from outside are exact.
static void copy_shard(sp_exchange *x) {
  for (int run = 0; run < sp_shard_runs(&x->shards); run++) {
    sp_slice s = sp_shard_slice(&x->shards, x->comm->rank, run);
    memcpy(x->exact + (size_t)s.place * x->block_bytes,
           (const char *)x->job.parameters + (size_t)s.first * x->block_bytes, (size_t)s.blocks * x->block_bytes);
  }
}

void sp_exchange_begin(sp_exchange *x) {
  x->step++;
  x->depth = 0;
  x->next_lane = x->hosted.begin;
  if (x->exact && x->stale) copy_shard(x);
  x->stale = false;
  if (x->node) sp_node_begin(x);
}

void sp_exchange_need(sp_exchange *x, int64_t end) {
  if (x->rails) sp_node_await(x, x->step - 1, (end + SP_BLOCK - 1) / SP_BLOCK);
}

void sp_exchange_done(sp_exchange *x, int64_t begin) {
  if (!x->rails) return;
  if (x->next_lane == x->hosted.end - 1) sp_node_ready(x, (begin + SP_BLOCK - 1) / SP_BLOCK);
  sp_rails_progress(x);
}

void sp_exchange_control(sp_exchange *x, const double *mine, double *total) {
  x->node ? sp_node_control(x, mine, total) : sp_messages_control(x, mine, total);
}

bool sp_exchange_update(sp_exchange *x, bool sound) {
  return x->node ? sp_node_update(x, sound) : sp_messages_update(x, sound);
}

static void *parameters_of(const sp_exchange *x, sp_stretch s) {
  size_t size = sp_dtype_size(x->job.precision);
  return x->exact ? x->exact + (size_t)s.place * size : (char *)x->job.parameters + (size_t)s.first * size;
}

static void update(sp_exchange *x, sp_stretch s, const void *sum) {
  x->job.update(x->job.context, s, parameters_of(x, s), sum);
}

void sp_exchange_apply(sp_exchange *x, bool finite, sp_stretch s, const void *sum) {
  size_t size = sp_dtype_size(x->job.precision);
  if (x->nonfinite >= 0) return;
  if (finite && x->kept) {
    char *kept = x->kept + (size_t)s.first * size;
    if (kept != sum) memcpy(kept, sum, (size_t)s.n * size);
    if (x->measure) sp_measure_add(x, s, parameters_of(x, s), sum);
    return;
  }
  if (finite) {
    update(x, s, sum);
    return;
  }
  x->nonfinite = s.first;
  for (const char *value = sum; sp_all_finite(x->job.precision, 1, value); value += size) x->nonfinite++;
}

/// The least of the ranks' values. Collective: yes.
static int64_t least(sp_exchange *x, int64_t mine) {
  if (x->node && !x->rails) return sp_node_least(x, mine);
  int64_t value;
  MPI_Request request;
  int over = 0;
  double start = sp_clock();
  MPI_Iallreduce(&mine, &value, 1, MPI_INT64_T, MPI_MIN, x->comm->world, &request);
  while (MPI_Test(&request, &over, MPI_STATUS_IGNORE), !over) {
    if (x->rails) sp_rails_progress(x);
  }
  x->times.wait += sp_clock() - start;
  return value;
}

bool sp_exchange_update_kept(sp_exchange *x, bool sound) {
  int64_t first = sound ? least(x, x->nonfinite >= 0 ? x->nonfinite : INT64_MAX) : 0;
  bool updates = first == INT64_MAX && (!x->measure || sp_measure_tell(x));
  double start = sp_clock();
  for (int run = 0; updates && run < sp_shard_runs(&x->shards); run++) {
    sp_slice s = sp_shard_slice(&x->shards, x->comm->rank, run);
    for (int64_t i = 0; i < s.blocks; i++) {
      update(x, sp_stretch_of_block(s.first + i, s.place + i), x->kept + (size_t)(s.first + i) * x->block_bytes);
    }
  }
  if (x->rails) sp_rails_publish(x, updates);
  x->times.update += sp_clock() - start;
  return updates;
}

bool sp_exchange_nonfinite(const sp_exchange *x) { return x->nonfinite >= 0; }

int64_t sp_exchange_finish(sp_exchange *x) {
  x->depth = 0;
  if (x->node) {
    sp_node_await_settled(x);
    if (x->rails) sp_node_await(x, x->step, x->job.blocks);
    while (x->rails && !sp_rails_parameters_sent(x)) sp_rails_progress(x);
  }
  int64_t mine = x->nonfinite >= 0 ? x->nonfinite : INT64_MAX, first;
  MPI_Allreduce(&mine, &first, 1, MPI_INT64_T, MPI_MIN, x->comm->world);
  x->nonfinite = -1;
  return first == INT64_MAX ? -1 : first;
}

void sp_exchange_restart(sp_exchange *x) {
  x->stale = true;
  if (x->rails) sp_rails_forget(x);
}

sp_exchange_times sp_exchange_time(const sp_exchange *x) { return x->times; }

int64_t sp_exchange_bytes_sent(const sp_exchange *x) { return x->sent; }

// --- making one ---------------------------------------------------------------------------------------------------

static sp_status check_wire(const sp_exchange *x) {
  if (x->options->wire == SP_WIRE_FULL) return SP_OK;
  if (x->job.precision == SP_FLOAT64) {
    return sp_fail(SP_ERR_CONFIG, "exchange.wire: bfloat16 rounds float32 values; with train.precision: float64 expected "
                   "full");
  }
  if (x->job.shared || x->comm->size == 1) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "exchange.wire: bfloat16 needs the ranks of a node to share memory, which they cannot or, "
                 "with exchange.path: mpi, must not");
}

static sp_status create_parts(sp_exchange *x) {
  SP_TRY(check_wire(x));
  if (!x->job.shared && x->comm->size > 1) return sp_messages_create(x);
  SP_TRY(sp_node_create(x));
  return x->comm->node_count > 1 ? sp_rails_create(x) : SP_OK;
}

static sp_status create(sp_exchange *x) {
  SP_TRY(create_parts(x));
  if (x->job.whole) x->kept = x->gradients;  // there nobody else reads this rank's shard
  return x->job.measure ? sp_measure_create(x) : SP_OK;
}

sp_status sp_exchange_create(const sp_comm *comm, const sp_exchange_options *options, const sp_exchange_job *job,
                             sp_exchange **out) {
  sp_exchange *x;
  SP_TRY(sp_comm_agree(comm, sp_allocate(1, sizeof *x, "exchange", &x)));
  *x = (sp_exchange){.comm = comm, .options = options, .job = *job, .nonfinite = -1, .stale = true,
                     .shards = {job->blocks, comm->rank, comm->size},
                     .hosted = sp_lanes_hosted(job->lanes, comm->size, comm->rank),
                     .block_bytes = SP_BLOCK * sp_dtype_size(job->precision), .stride = sp_partial_stride(job)};
  sp_status status = create(x);
  if (status == SP_OK) {
    *out = x;
  } else {
    sp_exchange_free(x);
  }
  return status;
}

void sp_exchange_free(sp_exchange *x) {
  if (!x) return;
  sp_measure_free(x);
  sp_rails_free(x);
  sp_node_free(x);
  sp_messages_free(x);
  free(x->exact);
  free(x);
}
