// The loop over steps and epochs: when to score, when to save, when to end.
// May include: base, comm, config, data, model, exchange, checkpoint, train.
#include <math.h>
#include <string.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "train/stop.h"
#include "train/trainer.h"

typedef struct loop {
  sp_trainer *trainer;
  sp_run_directory *directory;
  const sp_observer *observer;  // NULL but on rank 0
  double resumed, before;       // clock at the start, and seconds spent until then
  int64_t rows_before;
  double last_save;             // clock
  int64_t saved_step;
} loop;

bool sp_trainer_is_done(const sp_trainer *t) {
  const sp_train_options *train = t->config->train;
  const sp_progress *now = &t->state.progress;
  if (train->steps != SP_AUTO && now->step >= train->steps) return true;
  if (train->patience != SP_AUTO && now->epochs_since_best >= train->patience) return true;
  return now->epoch >= train->epochs;
}

void sp_trainer_standing(const sp_trainer *t, sp_standing *s) {
  const sp_train_options *train = t->config->train;
  const sp_progress *now = &t->state.progress;
  int64_t epoch_steps = sp_order_steps(&t->order), steps;
  if (!sp_multiply_size(train->epochs, epoch_steps, &steps)) steps = INT64_MAX;
  if (train->steps != SP_AUTO && train->steps < steps) steps = train->steps;
  bool between = now->epoch_step == 0 && now->epoch > 0;
  *s = (sp_standing){.step = now->step, .steps = steps, .epoch = between ? now->epoch : now->epoch + 1,
                     .epochs = train->epochs, .epoch_step = between ? epoch_steps : now->epoch_step,
                     .epoch_steps = epoch_steps, .rows = now->rows_seen, .seconds = now->seconds,
                     .ranks = t->comm->size};
}

static sp_standing standing(const loop *l) {
  sp_standing s;
  sp_trainer_standing(l->trainer, &s);
  s.seconds = l->before + sp_clock() - l->resumed;
  s.started_seconds = l->before;
  s.started_rows = l->rows_before;
  return s;
}

void sp_trainer_retain(const sp_trainer *t, const char *checkpoints) {
  if (t->comm->rank != 0) return;
  const sp_progress *now = &t->state.progress;
  sp_status status = sp_checkpoint_retain(checkpoints, t->config->checkpoint->keep, now->step, now->best_step);
  if (status != SP_OK) sp_warn("%s", sp_error_message());
}

static sp_status save(loop *l) {
  sp_trainer *t = l->trainer;
  double start = sp_clock();
  if (l->saved_step == t->state.progress.step) return SP_OK;
  SP_TRY(sp_trainer_settle(t));
  t->state.progress.seconds = l->before + start - l->resumed;
  SP_TRY(sp_comm_agree(t->comm, t->comm->rank == 0 ? sp_run_directory_hold(l->directory) : SP_OK));
  SP_TRY(sp_checkpoint_save(t->comm, l->directory->checkpoints, &t->shards, &t->state));
  sp_trainer_retain(t, l->directory->checkpoints);
  l->saved_step = t->state.progress.step;
  l->last_save = sp_clock();
  if (l->observer) {
    sp_standing s = standing(l);
    l->observer->checkpoint(l->observer->context, &s, l->last_save - start);
  }
  return SP_OK;
}

/// Does this score beat the best one so far? Takes it when it does.
static bool improves(sp_trainer *t, const sp_scores *validation) {
  sp_progress *now = &t->state.progress;
  for (int i = 0; i < validation->count; i++) {
    if (strcmp(validation->name[i], t->config->train->monitor) != 0) continue;
    double value = validation->value[i], best = now->best_value;
    bool higher = sp_network_score_higher_is_better(t->network, i);
    if (!isfinite(value) || (!isnan(best) && (higher ? value <= best : value >= best))) return false;
    now->best_value = value;
    return true;
  }
  return false;
}

void sp_trainer_next_epoch(sp_trainer *t) {
  sp_progress *now = &t->state.progress;
  now->epoch++;
  now->epoch_step = 0;
  now->epoch_rows = 0;
  memset(now->epoch_sums, 0, sizeof now->epoch_sums);
}

static sp_status end_epoch(loop *l) {
  sp_trainer *t = l->trainer;
  sp_progress *now = &t->state.progress;
  sp_scores training = {0}, validation = {0};
  bool best = false;
  SP_TRY(sp_trainer_settle(t));
  sp_trainer_scores(t, now->epoch_sums, now->epoch_rows, &training);
  if (t->feed.validation) {
    SP_TRY(sp_trainer_evaluate(t, &t->feed.validation_rows, &validation));
    bool finite = isfinite(validation.value[0]);
    now->validation_loss = finite ? validation.value[0] : NAN;
    if (!finite) {
      sp_warn("epoch %lld: the validation loss is not finite: validation rows hold such values, or the parameters have "
              "grown too large; it counts as no improvement", (long long)now->epoch + 1);
    }
    best = improves(t, &validation);
    now->epochs_since_best = best ? 0 : now->epochs_since_best + 1;
    if (best) now->best_step = now->step;
  }
  sp_trainer_next_epoch(t);
  if (l->observer) {
    sp_standing s = standing(l);
    l->observer->epoch(l->observer->context, &s, &training, &validation, best);
  }
  const sp_interval every = t->config->checkpoint->every;
  bool due = every.unit == SP_EPOCHS && now->epoch % (int64_t)every.value == 0;
  return best || due ? save(l) : SP_OK;
}

static void tell_step(const loop *l, int64_t batch_rows) {
  const sp_trainer *t = l->trainer;
  sp_scores batch, epoch;
  sp_standing s = standing(l);
  sp_trainer_scores(t, t->total, (double)batch_rows, &batch);
  sp_trainer_scores(t, t->state.progress.epoch_sums, t->state.progress.epoch_rows, &epoch);
  l->observer->step(l->observer->context, &s, &batch, &epoch);
}

static void tell_left_out(const loop *l) {
  const sp_trainer *t = l->trainer;
  sp_standing s = standing(l);
  int count = sp_trainer_left_out(t);
  if (l->observer) l->observer->left_out(l->observer->context, &s, t->state.progress.left_out[count - 1], count);
}

static sp_status step(loop *l, bool *stop) {
  sp_trainer *t = l->trainer;
  int left_out = sp_trainer_left_out(t);
  const sp_interval every = t->config->checkpoint->every;
  bool minutes = every.unit == SP_MINUTES && sp_clock() - l->last_save >= 60 * every.value;
  sp_step_outcome outcome;
  SP_TRY(sp_trainer_audit(t));
  SP_TRY(sp_trainer_step(t, sp_stop_requested(), minutes, &outcome));
  if (l->observer && outcome.made) tell_step(l, outcome.rows);
  if (sp_trainer_left_out(t) > left_out) tell_left_out(l);
  if (t->state.progress.epoch_step == sp_order_steps(&t->order)) SP_TRY(end_epoch(l));
  *stop = outcome.stop;
  bool due = every.unit == SP_STEPS && t->state.progress.step % (int64_t)every.value == 0;
  return outcome.stop || outcome.save || due ? save(l) : SP_OK;
}

/// After a failure that the run may go back from.
static sp_status go_back(loop *l, sp_status failure) {
  sp_trainer *t = l->trainer;
  const sp_progress *now = &t->state.progress;
  SP_TRY(sp_trainer_go_back(t, failure, l->directory->checkpoints));
  double clock = sp_clock();
  l->before += clock - l->resumed;
  l->resumed = clock;
  l->rows_before = now->rows_seen;
  l->saved_step = now->step > 0 ? now->step : -1;
  tell_left_out(l);
  return SP_OK;
}

sp_status sp_trainer_run(sp_trainer *t, sp_run_directory *directory, const sp_observer *observer) {
  double now = sp_clock();
  loop l = {.trainer = t, .directory = directory, .observer = t->comm->rank == 0 ? observer : NULL,
            .resumed = now, .before = t->state.progress.seconds, .rows_before = t->state.progress.rows_seen,
            .last_save = now, .saved_step = t->state.progress.step > 0 ? t->state.progress.step : -1};
  bool stop = false, over = false;
  while (!over) {
    bool last = stop || sp_trainer_is_done(t);
    sp_status status = last ? save(&l) : step(&l, &stop);
    over = last && status == SP_OK;
    if (status != SP_OK) SP_TRY(go_back(&l, status));
  }
  bool done = sp_trainer_is_done(t);
  if (l.observer) {
    sp_standing s = standing(&l);
    l.observer->end(l.observer->context, &s, !done ? "stopped" : s.step < s.steps ? "early" : "done");
  }
  return done ? SP_OK : sp_fail(SP_STOPPED, "stopped on request after step %lld; everything is saved: start again to go "
                                            "on", (long long)t->state.progress.step);
}
