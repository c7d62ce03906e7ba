// SPDX-License-Identifier: Apache-2.0
// The loop over steps and epochs.
#include "train/loop.h"

#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>

#include "base/files.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "train/saving.h"

typedef struct loop {
  sp_trainer *trainer;
  sp_saving *saving;
  const sp_observers *observers;
  double resumed, before;  // clock at the start, and seconds of training until then
  int64_t rows_before;
  sp_deadline *deadline;
} loop;

static sp_standing standing(const loop *l) {
  sp_standing s;
  sp_trainer_standing(l->trainer, &s);
  s.seconds = l->before + sp_clock() - l->resumed;
  s.started_seconds = l->before;
  s.started_rows = l->rows_before;
  return s;
}

/// Pass the monitored score of an epoch to the schedule, which may depend on it.
static void watch_plateau(sp_trainer *t, double value, bool higher) {
  sp_progress *now = &t->model.state.progress;
  sp_plateau_state state = {now->plateau_best, now->plateau_bad, now->plateau_cooldown, now->plateau_reductions};
  sp_schedule_observe(t->model.config->optimizer->schedule, value, higher, &state);
  now->plateau_best = state.best;
  now->plateau_bad = state.bad;
  now->plateau_cooldown = state.cooldown;
  now->plateau_reductions = state.reductions;
}

/// Return whether the monitored score is the best so far, and record it if so.
static bool improves(sp_trainer *t, const sp_scores *validation) {
  sp_progress *now = &t->model.state.progress;
  int i = t->model.monitored;
  if (i < 0) return false;
  double value = validation->value[i], best = now->best_value;
  bool higher = sp_network_score_higher_is_better(t->model.network, i);
  watch_plateau(t, value, higher);
  if (!isfinite(value) || (!isnan(best) && (higher ? value <= best : value >= best))) return false;
  now->best_value = value;
  return true;
}

/// Compute the scores of the epoch and start the next one. *best: the validation score is the best so far.
static sp_status end_epoch(loop *l, bool *best) {
  sp_trainer *t = l->trainer;
  sp_progress *now = &t->model.state.progress;
  sp_scores training = {0}, validation = {0};
  SP_TRY(sp_train_step_settle(&t->step));
  sp_model_state_scores(&t->model, now->epoch_sums, now->epoch_rows, &training);
  if (t->feed.validation) {
    SP_TRY(sp_evaluator_score_average(&t->evaluator, &t->feed.validation_rows, &validation));
    bool finite = isfinite(validation.value[0]);
    now->validation_loss = finite ? validation.value[0] : NAN;
    if (!finite) {
      sp_warn(
          "epoch %lld: the validation loss is not finite, because of such values in the validation rows or because the "
          "parameters are too large; this counts as no improvement",
          (long long)now->epoch + 1);
    }
    *best = improves(t, &validation);
    now->epochs_since_best = *best ? 0 : now->epochs_since_best + 1;
    if (*best) now->best_step = now->step;
  }
  sp_model_state_next_epoch(&t->model);
  if (l->observers->count > 0) {
    sp_standing s = standing(l);
    sp_observers_epoch(l->observers, &s, &training, &validation, *best);
  }
  return SP_OK;
}

static void tell_step(const loop *l, int64_t batch_rows) {
  const sp_trainer *t = l->trainer;
  const sp_progress *now = &t->model.state.progress;
  sp_scores batch, epoch;
  sp_standing s = standing(l);
  sp_model_state_scores(&t->model, t->step.total, (double)batch_rows, &batch);
  sp_model_state_scores(&t->model, now->epoch_sums, now->epoch_rows, &epoch);
  sp_observers_step(l->observers, &s, &batch, &epoch);
}

static void tell_skipped(const loop *l) {
  const sp_progress *now = &l->trainer->model.state.progress;
  sp_standing s = standing(l);
  int count = sp_progress_skipped(now);
  sp_observers_skipped(l->observers, &s, now->skipped[count - 1], count);
}

static sp_status step(loop *l, bool *stop) {
  sp_trainer *t = l->trainer;
  sp_progress *now = &t->model.state.progress;
  bool stopping = sp_interrupted() || atomic_load(&t->stop_requested) ||
                  sp_deadline_near(l->deadline, sp_saving_costs(l->saving).longest);
  sp_step_wishes wishes = {stopping, sp_saving_due(l->saving), sp_saving_ready(l->saving)};
  sp_step_outcome outcome;
  bool best = false;
  int skipped = sp_progress_skipped(now);
  SP_TRY(sp_trainer_audit(t));
  SP_TRY(sp_train_step_make(&t->step, &wishes, &outcome));
  now->seconds = l->before + sp_clock() - l->resumed;
  SP_TRY(sp_saving_step(l->saving, outcome.ready));
  if (l->observers->count > 0 && outcome.made) tell_step(l, outcome.rows);
  if (sp_progress_skipped(now) > skipped) tell_skipped(l);
  if (now->epoch_step == sp_order_steps(&t->source.order)) SP_TRY(end_epoch(l, &best));
  *stop = outcome.stop;
  return outcome.stop ? SP_OK : sp_saving_save(l->saving, outcome.save, best);
}

/// Load the newest checkpoint after a failure, if the failure policy allows it.
static sp_status go_back(loop *l, sp_status failure) {
  SP_TRY(sp_failure_roll_back(&l->trainer->failures, failure));
  SP_TRY(sp_saving_go_back(l->saving));
  double now = sp_clock();
  l->before += now - l->resumed;
  l->resumed = now;
  l->rows_before = l->trainer->model.state.progress.rows_seen;
  tell_skipped(l);
  return SP_OK;
}

enum { REASON = 160 };  // bytes

/// Agree on the reason for a stop: a request of the program on any rank, otherwise a signal to any rank, otherwise the
/// deadline of rank 0. Collective: yes.
static void agree_on_reason(const loop *l, char reason[REASON]) {
  const sp_comm *comm = l->trainer->model.comm;
  enum { ASKED = INT_MAX };  // above all signals
  char name[SP_INTERRUPT_NAME];
  int mine = atomic_load(&l->trainer->stop_requested) ? ASKED : sp_interrupt_signal(), agreed;
  MPI_Allreduce(&mine, &agreed, 1, MPI_INT, MPI_MAX, comm->world);
  if (agreed == 0 && comm->rank == 0) sp_deadline_text(l->deadline, reason);
  if (agreed == ASKED) snprintf(reason, REASON, "requested by the program");
  if (agreed == SIGPIPE) {
    snprintf(reason, REASON, "the reader of standard output or standard error has closed it (SIGPIPE)");
  } else if (agreed > 0 && agreed < ASKED) {
    snprintf(reason, REASON, "signal %s", sp_interrupt_name(agreed, name));
  }
  MPI_Bcast(reason, REASON, MPI_CHAR, 0, comm->world);
}

/// Patience ran out: write why, and log it.
static void say_patience(const sp_trainer *t, char reason[REASON]) {
  const sp_train_options *train = t->model.config->train;
  char epochs[SP_TEXT_COUNTED];
  snprintf(reason, REASON, "%s has not improved for %s (train.patience)", train->monitor,
           sp_text_counted(train->patience, "epoch", epochs));
  sp_info("stopped early: %s", reason);
}

static sp_status run(loop *l) {
  sp_trainer *t = l->trainer;
  bool stop = false, over = false;
  while (!over) {
    bool last = stop || sp_trainer_is_done(t);
    sp_status status = last ? sp_saving_end(l->saving) : step(l, &stop);
    over = last && status == SP_OK;
    if (status != SP_OK) SP_TRY(go_back(l, status));
  }
  bool done = sp_trainer_is_done(t);
  char why[REASON] = "";
  if (!done) agree_on_reason(l, why);
  if (t->model.comm->rank == 0) {
    sp_standing s = standing(l);
    sp_ending ending = !done ? SP_ENDING_STOPPED : s.step < s.steps ? SP_ENDING_EARLY : SP_ENDING_DONE;
    if (ending == SP_ENDING_EARLY) say_patience(t, why);
    sp_observers_end(l->observers, &s, ending, why);
    sp_saving_cost cost = sp_saving_costs(l->saving);
    char saved[SP_TEXT_COUNTED];
    sp_info("saved %s; training paused for %.2g s in total", sp_text_counted(cost.committed, "checkpoint", saved),
            cost.stall);
  }
  return done ? SP_OK
              : sp_fail(SP_STOPPED,
                        "stopped after step %lld: %s; a checkpoint is saved: start the run again to continue",
                        (long long)t->model.state.progress.step, why);
}

sp_status sp_trainer_run(sp_trainer *t, sp_run_directory *directory, sp_deadline *deadline,
                         const sp_observers *observers) {
  double now = sp_clock();
  loop l = {.trainer = t,
            .observers = observers,
            .deadline = deadline,
            .resumed = now,
            .before = t->model.state.progress.seconds,
            .rows_before = t->model.state.progress.rows_seen};
  SP_TRY(sp_saving_open(t, directory, observers, &l.saving));
  sp_status status = run(&l);
  sp_saving_close(l.saving);
  return status;
}
