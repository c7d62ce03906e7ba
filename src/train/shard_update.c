// SPDX-License-Identifier: Apache-2.0
// The functions that the exchange calls with the sums of the lanes' gradients.
#include "train/shard_update.h"

#include <math.h>

#include "optim/moving_average.h"

static sp_applied applied(const sp_model_state *m, sp_stretch s, void *parameters, sp_addends sum) {
  sp_applied a = {.first = s.first, .n = s.n, .parameters = parameters, .sum = sum};
  size_t skip = (size_t)s.place * sp_dtype_size(m->state.precision);
  for (int i = 0; i < m->rule_slots; i++) a.slot[i] = (char *)m->state.slot[i] + skip;
  return a;
}

static bool update(void *context, sp_stretch s, void *parameters, sp_addends sum) {
  sp_shard_update *u = context;
  const sp_model_state *m = u->model;
  sp_applied a = applied(m, s, parameters, sum);
  bool finite = sp_apply_update(&u->apply, &a);
  if (!m->average.values || !finite) return finite;
  void *average = (char *)m->average.values + (size_t)s.place * sp_dtype_size(m->state.precision);
  sp_average_update(m->state.precision, m->config->optimizer->average, s.n, average, parameters);
  return true;
}

static double squares(void *context, sp_stretch s, void *parameters, const void *sum) {
  const sp_shard_update *u = context;
  sp_applied a = applied(u->model, s, parameters, (sp_addends){sum, NULL});
  return sp_apply_squares(&u->apply, &a);
}

/// Returns false if the norm exceeds float64: clipping would make the gradient 0, so there is no update.
static bool clip(void *context, double total) {
  sp_shard_update *u = context;
  u->gradient_norm = sp_apply_clip(&u->apply, total);
  return isfinite(u->gradient_norm);
}

void sp_shard_update_create(sp_model_state *model, sp_exchange_job *job, sp_shard_update *out) {
  const sp_run_config *config = model->config;
  bool clips = !isnan(config->optimizer->clip_norm);
  *out = (sp_shard_update){.model = model, .gradient_norm = NAN};
  out->apply = (sp_apply){.options = config->optimizer,
                          .groups = model->groups,
                          .table = model->state.table,
                          .precision = model->state.precision,
                          .lr_factor = NAN,
                          .clip_factor = 1};
  job->update = update;
  job->measure = clips ? squares : NULL;
  job->measured = clip;
  job->whole = clips || config->train->on_nonfinite == SP_NONFINITE_SKIP;
  job->context = out;
}
