// Steps that are left out because something in them is not finite: at once (`on_nonfinite: skip`), or when the run comes to
// them again after it went back (`rollback`).
#include <string.h>

#include "base/log.h"
#include "train/training.h"

int sp_trainer_left_out(const sp_trainer *t) {
  int count = 0;
  while (count < SP_STATE_LEFT_OUT && t->state.progress.left_out[count] > 0) count++;
  return count;
}

int64_t sp_trainer_updates(const sp_trainer *t) {
  const sp_progress *now = &t->state.progress;
  int64_t updates = now->step;
  for (int i = 0; i < SP_STATE_LEFT_OUT && now->left_out[i] > 0; i++) updates -= now->left_out[i] <= now->step;
  return updates;
}

bool sp_trainer_leaves_out(const sp_trainer *t) {
  const sp_progress *now = &t->state.progress;
  for (int i = 0; i < SP_STATE_LEFT_OUT && now->left_out[i] > 0; i++) {
    if (now->left_out[i] == now->step + 1) return true;
  }
  return false;
}

/// Take note of the step that the last failure speaks of.
static sp_status note(sp_trainer *t) {
  int count = sp_trainer_left_out(t);
  int64_t limit = t->config->train->nonfinite_limit;
  if (count >= limit) {
    return sp_fail(SP_ERR_NONFINITE, "%s; %d step%s left out before, and train.nonfinite_limit allows no more; nothing of "
                   "this one was saved", sp_error_message(), count, count == 1 ? " was" : "s were");
  }
  t->state.progress.left_out[count] = t->nonfinite_step;
  return SP_OK;
}

static void warn(const sp_trainer *t, const char *what) {
  if (t->comm->rank != 0) return;
  sp_warn("%s; %s (%d of at most %lld)", sp_error_message(), what, sp_trainer_left_out(t),
          (long long)t->config->train->nonfinite_limit);
}

sp_status sp_trainer_leave_out(sp_trainer *t, sp_status failure) {
  if (failure != SP_ERR_NONFINITE || t->config->train->on_nonfinite != SP_NONFINITE_SKIP) return failure;
  SP_TRY(note(t));
  warn(t, "the step is left out");
  return SP_OK;
}

sp_status sp_trainer_take_back(sp_trainer *t, sp_status failure) {
  if (failure != SP_ERR_NONFINITE || t->config->train->on_nonfinite != SP_NONFINITE_ROLLBACK) return failure;
  if (t->nonfinite_step == 0) return failure;  // not of a step: a value of the state that was to be saved
  SP_TRY(note(t));
  warn(t, "going back, to leave the step out then");
  return SP_OK;
}

sp_status sp_trainer_go_back(sp_trainer *t, const char *checkpoints) {
  int64_t left_out[SP_STATE_LEFT_OUT];
  bool found;
  memcpy(left_out, t->state.progress.left_out, sizeof left_out);
  SP_TRY(sp_trainer_load(t, checkpoints, &found));
  memcpy(t->state.progress.left_out, left_out, sizeof left_out);
  sp_exchange_restart(t->exchange);
  t->nonfinite_step = 0;
  if (t->comm->rank == 0) sp_info("continuing after step %lld", (long long)t->state.progress.step);
  return SP_OK;
}
