// The moving average of the parameters: where it begins, and evaluation with it. A rank has the average of its shard, a slot
// like those of the rule; step.c lets it follow each update.
// May include: base, comm, exchange, checkpoint, train.
#include <string.h>

#include "checkpoint/gather.h"
#include "train/trainer.h"

static char *parameters_of(const sp_trainer *t, const sp_slice *slice) {
  return (char *)t->state.parameters + (size_t)(slice->first * SP_BLOCK) * sp_dtype_size(t->state.precision);
}

static char *average_of(const sp_trainer *t, const sp_slice *slice) {
  return (char *)t->average + (size_t)(slice->place * SP_BLOCK) * sp_dtype_size(t->state.precision);
}

void sp_trainer_start_average(sp_trainer *t) {
  for (int run = 0; t->average && run < sp_shard_runs(&t->shards); run++) {
    sp_slice slice = sp_shard_slice(&t->shards, t->comm->rank, run);
    size_t bytes = (size_t)(slice.blocks * SP_BLOCK) * sp_dtype_size(t->state.precision);
    memcpy(average_of(t, &slice), parameters_of(t, &slice), bytes);
  }
}

static void swap(char *a, char *b, int64_t bytes) {  // of whole blocks
  char held[SP_BLOCK];
  for (; bytes > 0; bytes -= SP_BLOCK, a += SP_BLOCK, b += SP_BLOCK) {
    memcpy(held, a, SP_BLOCK);
    memcpy(a, b, SP_BLOCK);
    memcpy(b, held, SP_BLOCK);
  }
}

void sp_trainer_swap_average(sp_trainer *t) {
  if (!t->average) return;
  sp_beat(t->pulse, SP_PHASE_EXCHANGE);
  sp_window_sync(t->comm);  // others of the node may still read
  for (int run = 0; run < sp_shard_runs(&t->shards); run++) {
    sp_slice slice = sp_shard_slice(&t->shards, t->comm->rank, run);
    swap(parameters_of(t, &slice), average_of(t, &slice), slice.blocks * SP_BLOCK * (int64_t)sp_dtype_size(t->state.precision));
  }
  sp_parameters_gather(t->comm, &t->shards, &t->state, t->gather_scratch);
}

sp_status sp_trainer_evaluate_average(sp_trainer *t, const sp_rows *rows, sp_scores *scores) {
  sp_trainer_swap_average(t);
  sp_status status = sp_trainer_evaluate(t, rows, scores);
  sp_trainer_swap_average(t);
  return status;
}
