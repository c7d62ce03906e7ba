// SPDX-License-Identifier: Apache-2.0
// The part of the exchange that is common to all transports.
#include "exchange/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "exchange/gradient_measure.h"
#include "exchange/lane_reduction.h"
#include "exchange/partial_sums.h"
#include "exchange/transport.h"

#define SP_TRANSPORT(name) extern const sp_transport sp_transport_##name;
#include "exchange/transport_list.h"
#undef SP_TRANSPORT

static const sp_transport *const transports[] = {
#define SP_TRANSPORT(name) &sp_transport_##name,
#include "exchange/transport_list.h"
#undef SP_TRANSPORT
    NULL};

// --- a step -------------------------------------------------------------------------------------------------------

/// Copy this rank's shard of parameters that were set from outside, which are exact.
static void copy_shard(sp_exchange *x) {
  for (int run = 0; run < sp_shard_runs(&x->shards); run++) {
    sp_slice s = sp_shard_slice(&x->shards, x->comm->rank, run);
    memcpy(x->exact + (size_t)s.place * x->block_bytes,
           (const char *)x->job.parameters + (size_t)s.first * x->block_bytes, (size_t)s.blocks * x->block_bytes);
  }
}

void sp_exchange_begin(sp_exchange *x) {
  x->step++;
  if (x->exact && x->stale) copy_shard(x);
  x->stale = false;
  if (x->transport->begin) x->transport->begin(x);
}

sp_exchange_parts sp_exchange_gradients(const sp_exchange *x) {
  return (sp_exchange_parts){x->gradients, x->stride, x->parts, x->part_end};
}

static int64_t block_of(int64_t value) { return (value + SP_BLOCK - 1) / SP_BLOCK; }

void sp_exchange_need(sp_exchange *x, int64_t end) {
  if (x->transport->need) x->transport->need(x, block_of(end));
}

void sp_exchange_done(sp_exchange *x, int64_t begin) {
  if (x->transport->passed) x->transport->passed(x, block_of(begin));
}

void sp_exchange_reduce(sp_exchange *x, int64_t n, double *mine, double *total) { sp_lanes_reduce(x, n, mine, total); }

void sp_exchange_control(sp_exchange *x, const double *mine, double *total) { x->transport->control(x, mine, total); }

bool sp_exchange_update(sp_exchange *x, bool sound) { return x->transport->update(x, sound); }

bool sp_exchange_nonfinite(const sp_exchange *x) { return x->nonfinite >= 0; }

int64_t sp_exchange_finish(sp_exchange *x) {
  if (x->transport->finish) x->transport->finish(x);
  int64_t mine = x->nonfinite >= 0 ? x->nonfinite : INT64_MAX, first;
  MPI_Allreduce(&mine, &first, 1, MPI_INT64_T, MPI_MIN, x->comm->world);
  x->nonfinite = -1;
  return first == INT64_MAX ? -1 : first;
}

void sp_exchange_restart(sp_exchange *x) {
  x->stale = true;
  if (x->transport->restart) x->transport->restart(x);
}

sp_exchange_times sp_exchange_time(const sp_exchange *x) { return x->times; }

int64_t sp_exchange_bytes_sent(const sp_exchange *x) { return x->sent; }

// --- creation -----------------------------------------------------------------------------------------------------

static sp_status check_wire(const sp_exchange *x) {
  if (x->options->wire == SP_WIRE_FULL || x->job.precision != SP_FLOAT64) return SP_OK;
  return sp_fail(SP_ERR_CONFIG,
                 "exchange.wire: bfloat16 requires train.precision: float32; with float64, set exchange.wire: full");
}

static const sp_transport *choose(const sp_comm *comm, bool shared) {
  const sp_transport *const *t = transports;
  while (!(*t)->serves(comm, shared)) t++;  // the last transport serves all ranks
  return *t;
}

static sp_exchange describe(const sp_comm *comm, const sp_exchange_options *options, const sp_exchange_job *job) {
  return (sp_exchange){.comm = comm,
                       .options = options,
                       .transport = choose(comm, job->shared),
                       .job = *job,
                       .nonfinite = -1,
                       .stale = true,
                       .shards = {job->blocks, comm->rank, comm->size},
                       .hosted = sp_lanes_hosted(job->lanes, comm->size, comm->rank),
                       .block_bytes = SP_BLOCK * sp_dtype_size(job->precision),
                       .stride = sp_partial_stride(job->blocks, job->precision)};
}

sp_status sp_exchange_memory(const sp_comm *comm, const sp_exchange_options *options, const sp_exchange_job *job,
                             sp_exchange_bytes *out) {
  sp_exchange x = describe(comm, options, job);
  SP_TRY(x.transport->memory(&x, out));
  if (job->measure) out->buffers += sp_measure_memory(&x);
  return job->reduce > 0 ? sp_reduction_memory(&x, &out->buffers) : SP_OK;
}

static sp_status create(sp_exchange *x) {
  SP_TRY(check_wire(x));
  SP_TRY(sp_comm_agree(x->comm, sp_partials_create(x)));
  SP_TRY(x->transport->create(x));
  if (x->job.whole) x->kept = x->gradients;  // no other rank reads this rank's shard there
  if (x->job.reduce > 0) SP_TRY(sp_reduction_create(x));
  return x->job.measure ? sp_measure_create(x) : SP_OK;
}

sp_status sp_exchange_create(const sp_comm *comm, const sp_exchange_options *options, const sp_exchange_job *job,
                             sp_exchange **out) {
  sp_exchange *x;
  SP_TRY(sp_comm_agree(comm, sp_allocate(1, sizeof *x, "exchange", &x)));
  *x = describe(comm, options, job);
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
  sp_reduction_free(x);
  x->transport->free(x);
  free(x->part_end);
  free(x);
}
