// SPDX-License-Identifier: Apache-2.0
// Applies the sum of a stretch.
#include "exchange/exchange_apply.h"

#include <mpi.h>
#include <string.h>

#include "base/files.h"
#include "compute/elementwise.h"
#include "exchange/gradient_measure.h"

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

/// Returns the least of the ranks' values. Collective: yes.
static int64_t least(sp_exchange *x, int64_t mine) {
  const sp_transport *t = x->transport;
  if (t->least) return t->least(x, mine);
  int64_t value;
  MPI_Request request;
  int over = 0;
  double start = sp_clock();
  MPI_Iallreduce(&mine, &value, 1, MPI_INT64_T, MPI_MIN, x->comm->world, &request);
  while (MPI_Test(&request, &over, MPI_STATUS_IGNORE), !over) {
    if (t->progress) t->progress(x);
  }
  x->times.wait += sp_clock() - start;
  return value;
}

bool sp_exchange_update_kept(sp_exchange *x, bool sound) {
  int64_t first = sound ? least(x, x->nonfinite >= 0 ? x->nonfinite : INT64_MAX) : 0;
  bool updates = first == INT64_MAX && (!x->measure || sp_measure_report(x));
  double start = sp_clock();
  for (int run = 0; updates && run < sp_shard_runs(&x->shards); run++) {
    sp_slice s = sp_shard_slice(&x->shards, x->comm->rank, run);
    for (int64_t i = 0; i < s.blocks; i++) {
      update(x, sp_stretch_of_block(s.first + i, s.place + i), x->kept + (size_t)(s.first + i) * x->block_bytes);
    }
  }
  if (x->transport->publish) x->transport->publish(x, updates);
  x->times.update += sp_clock() - start;
  return updates;
}
