// SPDX-License-Identifier: Apache-2.0
// Applies the sum of a stretch.
#include "exchange/exchange_apply.h"

#include <mpi.h>

#include "base/files.h"
#include "compute/elementwise.h"
#include "exchange/gradient_measure.h"

static void *parameters_of(const sp_exchange *x, sp_stretch s) {
  size_t size = sp_dtype_size(x->job.precision);
  return x->exact ? x->exact + (size_t)s.place * size : (char *)x->job.parameters + (size_t)s.first * size;
}

static bool update(sp_exchange *x, sp_stretch s, sp_addends sum) {
  return x->job.update(x->job.context, s, parameters_of(x, s), sum);
}

static char *kept_at(const sp_exchange *x, int64_t first) {
  return x->kept + (size_t)first * sp_dtype_size(x->job.precision);
}

static bool keep(sp_exchange *x, sp_stretch s, sp_addends sum) {
  char *kept = kept_at(x, s.first);
  bool finite = sp_sum(x->job.precision, s.n, sum.first, sum.second, kept);
  if (finite && x->measure) sp_measure_add(x, s, parameters_of(x, s), kept);
  return finite;
}

/// Returns the index of the first sum that is not finite; one of n is not.
static int64_t first_nonfinite(sp_dtype precision, int64_t n, sp_addends sum) {
  int64_t i = 0;
  double value;  // of either precision
  while (i < n - 1 && sp_sum(precision, 1, sum.first, sum.second, &value)) {
    sum = sp_addends_from(sum, sp_dtype_size(precision));
    i++;
  }
  return i;
}

void sp_exchange_apply(sp_exchange *x, sp_stretch s, sp_addends sum) {
  if (x->nonfinite >= 0) return;
  if (x->kept ? keep(x, s, sum) : update(x, s, sum)) return;
  if (x->kept) sum = (sp_addends){kept_at(x, s.first), NULL};
  x->nonfinite = s.first + first_nonfinite(x->job.precision, s.n, sum);
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
      sp_stretch block = sp_stretch_of_block(s.first + i, s.place + i);
      update(x, block, (sp_addends){kept_at(x, block.first), NULL});
    }
  }
  if (x->transport->publish) x->transport->publish(x, updates);
  x->times.update += sp_clock() - start;
  return updates;
}
