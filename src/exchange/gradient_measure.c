// SPDX-License-Identifier: Apache-2.0
// A measure of the whole gradient. Each block is added up from its beginning in pieces of a fixed size, and the blocks
// are added along a tree that depends only on their number.
#include "exchange/gradient_measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "comm/window.h"
#include "exchange/sums.h"

enum { PIECE = 1024 };  // values; the length of every stretch is a multiple

typedef struct sp_measure {
  sp_window window;  // if one node has all ranks, they share the blocks
  double *own;       // else
  double *block;     // (blocks), in `window` or `own`
} sp_measure;

void sp_measure_add(sp_exchange *x, sp_stretch s, void *parameters, const void *sum) {
  size_t size = sp_dtype_size(x->job.precision);
  double *block = &x->measure->block[s.first / SP_BLOCK];
  if (s.first % SP_BLOCK == 0) *block = 0;
  for (int64_t i = 0; i < s.n; i += PIECE) {
    size_t at = (size_t)i * size;
    *block += x->job.measure(x->job.context, (sp_stretch){s.first + i, s.place + i, PIECE}, (char *)parameters + at,
                             (const char *)sum + at);
  }
}

/// Each rank contributes zeros for the blocks of the other ranks; a sum with zeros is exact.
static void bring_together(sp_exchange *x) {
  double *block = x->measure->block, start = sp_clock();
  MPI_Request request;
  int over = 0;
  for (int rank = 0; rank < x->comm->size; rank++) {
    for (int run = 0; rank != x->comm->rank && run < sp_shard_runs(&x->shards); run++) {
      sp_slice s = sp_shard_slice(&x->shards, rank, run);
      memset(block + s.first, 0, (size_t)s.blocks * sizeof *block);
    }
  }
  MPI_Iallreduce(MPI_IN_PLACE, block, (int)x->job.blocks, MPI_DOUBLE, MPI_SUM, x->comm->world, &request);
  while (MPI_Test(&request, &over, MPI_STATUS_IGNORE), !over) {
    if (x->transport->progress) x->transport->progress(x);
  }
  x->times.wait += sp_clock() - start;
}

bool sp_measure_report(sp_exchange *x) {
  if (x->measure->own && x->comm->size > 1) bring_together(x);
  return x->job.measured(x->job.context, sp_block_sums_add(x->job.blocks, x->measure->block));
}

// --- creation -----------------------------------------------------------------------------------------------------

static int64_t bytes_of_blocks(const sp_exchange *x) { return x->job.blocks * (int64_t)sizeof(double); }

int64_t sp_measure_memory(const sp_exchange *x) {
  return x->transport->one_memory && x->comm->rank > 0 ? 0 : bytes_of_blocks(x);
}

sp_status sp_measure_create(sp_exchange *x) {
  sp_status status =
      x->job.blocks <= INT32_MAX
          ? SP_OK
          : sp_fail(SP_ERR_MEMORY, "%lld blocks are too many for a norm of the gradient", (long long)x->job.blocks);
  if (status == SP_OK) status = sp_allocate(1, sizeof *x->measure, "norm of the gradient", &x->measure);
  SP_TRY(sp_comm_agree(x->comm, status));
  sp_measure *m = x->measure;
  if (x->transport->one_memory) {
    SP_TRY(sp_window_open(x->comm, bytes_of_blocks(x), "norm of the gradient", &m->window));
    m->block = m->window.memory;
    return SP_OK;
  }
  status = sp_allocate(bytes_of_blocks(x), 1, "norm of the gradient", &m->own);
  m->block = m->own;
  return sp_comm_agree(x->comm, status);
}

void sp_measure_free(sp_exchange *x) {
  if (!x->measure) return;
  sp_window_close(&x->measure->window);
  free(x->measure->own);
  free(x->measure);
  x->measure = NULL;
}
