// The update of this rank's shard, a stretch at a time: what the exchange calls with the sums of the lanes' gradients.
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "optim/moving_average.h"
#include "train/training.h"

static sp_applied applied(const sp_trainer *t, sp_stretch s, void *parameters, const void *sum) {
  sp_applied a = {.first = s.first, .n = s.n, .parameters = parameters, .sum = sum};
  size_t skip = (size_t)s.place * sp_dtype_size(t->state.precision);
  for (int i = 0; i < t->rule_slots; i++) a.slot[i] = (char *)t->state.slot[i] + skip;
  return a;
}

static void update(void *context, sp_stretch s, void *parameters, const void *sum) {
  sp_trainer *t = context;
  sp_applied a = applied(t, s, parameters, sum);
  sp_apply_update(&t->apply, &a);
  if (!t->average) return;
  void *average = (char *)t->average + (size_t)s.place * sp_dtype_size(t->state.precision);
  sp_average_update(t->state.precision, t->config->optimizer->average, s.n, average, parameters);
}

static double squares(void *context, sp_stretch s, void *parameters, const void *sum) {
  const sp_trainer *t = context;
  sp_applied a = applied(t, s, parameters, sum);
  return sp_apply_squares(&t->apply, &a);
}

/// Of a norm that float64 cannot hold nothing would be left: no step then.
static bool clip(void *context, double total) {
  sp_trainer *t = context;
  t->gradient_norm = sp_apply_clip(&t->apply, total);
  return isfinite(t->gradient_norm);
}

sp_status sp_trainer_create_exchange(sp_trainer *t) {
  sp_status status = SP_OK;
  if (t->order.accumulate > 1) {
    status = sp_allocate(sp_parameter_values(t->state.table), sp_dtype_size(t->state.precision), "accumulated gradients",
                         &t->accumulated);
  }
  SP_TRY(sp_comm_agree(t->comm, status));
  bool clips = !isnan(t->config->optimizer->clip_norm);
  sp_exchange_job job = {.lanes = t->order.lanes, .precision = t->state.precision, .blocks = t->shards.blocks,
                         .control = sp_trainer_step_sums(t), .parameters = t->state.parameters,
                         .shared = t->state.parameters_shared, .update = update, .context = t,
                         .whole = clips || t->config->train->on_nonfinite == SP_NONFINITE_SKIP,
                         .measure = clips ? squares : NULL, .measured = clip};
  t->apply = (sp_apply){.options = t->config->optimizer, .groups = t->groups, .precision = t->state.precision,
                        .lr_factor = NAN, .clip_factor = 1};
  t->gradient_norm = NAN;
  status = sp_exchange_create(t->comm, t->config->exchange, &job, &t->exchange);
  return sp_document_locate(t->config->document, status);
}

void sp_trainer_free_exchange(sp_trainer *t) {
  sp_exchange_free(t->exchange);
  free(t->accumulated);
  t->exchange = NULL;
  t->accumulated = NULL;
}
