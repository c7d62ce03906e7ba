// SPDX-License-Identifier: Apache-2.0
// The learning-rate range test: training from the initial parameters while the learning rate rises from step to step.
#include "train/lr_find.h"

#include <math.h>

#include "train/training.h"

static sp_status one_step(sp_trainer *t, sp_lr_curve *curve) {
  sp_step_outcome outcome;
  sp_scores scores;
  t->step.lr = sp_lr_curve_rate(curve, curve->count);
  SP_TRY(sp_train_step_make(&t->step, &(sp_step_wishes){0}, &outcome));
  if (!outcome.made) return sp_fail(SP_ERR_NONFINITE, "step %lld was skipped", (long long)t->model.state.progress.step);
  sp_model_state_scores(&t->model, t->step.total, (double)outcome.rows, &scores);
  if (!isnan(scores.value[0])) sp_lr_curve_add(curve, scores.value[0]);  // else the batch has no weight
  if (t->model.state.progress.epoch_step < sp_order_steps(&t->source.order)) return SP_OK;
  SP_TRY(sp_train_step_settle(&t->step));
  sp_model_state_next_epoch(&t->model);
  return SP_OK;
}

static sp_status run_steps(sp_trainer *t, sp_lr_curve *curve, const char **why) {
  SP_TRY(sp_trainer_initialise(t));
  sp_status status = SP_OK;
  bool diverged = false;
  while (status == SP_OK && curve->count < curve->steps && !diverged) {
    status = one_step(t, curve);
    diverged = status == SP_OK && curve->count > 0 && sp_lr_curve_diverged(curve);
  }
  if (status == SP_OK) status = sp_train_step_settle(&t->step);
  *why = diverged                     ? "the smoothed loss has grown to 4 times its minimum"
         : status == SP_ERR_NONFINITE ? "the loss or its gradient is not finite"
                                      : NULL;
  return status == SP_ERR_NONFINITE ? SP_OK : status;
}

sp_status sp_lr_find(const sp_comm *comm, const sp_run_config *config, sp_lr_curve *curve, const char **why) {
  sp_trainer *t;
  SP_TRY(sp_trainer_create(comm, config, SP_FEED_TRAINING, &t));
  sp_status status = run_steps(t, curve, why);
  sp_trainer_free(t);
  return status;
}
