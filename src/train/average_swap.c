// The moving average of the parameters: where it begins, and evaluation with it. A rank has the average of its shard, a
// slot like those of the rule; update.c lets it follow each update.
#include <string.h>

#include "checkpoint/gather_parameters.h"
#include "comm/window.h"
#include "train/training.h"

/// Do something with each slice of this rank's shard: of the parameters, and of the average. A shard may be empty.
static void each_slice(sp_trainer *t, void (*with)(char *parameters, char *average, int64_t bytes)) {
  int64_t block = SP_BLOCK * (int64_t)sp_dtype_size(t->state.precision);
  for (int run = 0; run < sp_shard_runs(&t->shards); run++) {
    sp_slice slice = sp_shard_slice(&t->shards, t->comm->rank, run);
    if (slice.blocks == 0) continue;
    with((char *)t->state.parameters + slice.first * block, (char *)t->average + slice.place * block,
         slice.blocks * block);
  }
}

static void copy(char *parameters, char *average, int64_t bytes) { memcpy(average, parameters, (size_t)bytes); }

void sp_trainer_start_average(sp_trainer *t) {
  if (sp_optimizer_averages(t->config->optimizer)) each_slice(t, copy);
}

static void swap(char *a, char *b, int64_t bytes) {
  char held[SP_BLOCK];  // blocks are whole multiples of it
  for (; bytes > 0; bytes -= SP_BLOCK, a += SP_BLOCK, b += SP_BLOCK) {
    memcpy(held, a, SP_BLOCK);
    memcpy(a, b, SP_BLOCK);
    memcpy(b, held, SP_BLOCK);
  }
}

void sp_trainer_swap_average(sp_trainer *t) {
  if (!sp_optimizer_averages(t->config->optimizer)) return;
  sp_beat(t->pulse, SP_PHASE_EXCHANGE);
  sp_window_sync(t->comm);  // others of the node may still read
  each_slice(t, swap);
  sp_parameters_gather(t->comm, &t->shards, &t->state, t->gather_scratch);
}

sp_status sp_trainer_evaluate_average(sp_trainer *t, const sp_rows *rows, sp_scores *scores) {
  sp_trainer_swap_average(t);
  sp_status status = sp_trainer_evaluate(t, rows, scores);
  sp_trainer_swap_average(t);
  return status;
}
