// SPDX-License-Identifier: Apache-2.0
// When the state of a run is saved.
#include "train/saving.h"

#include <math.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/memory_available.h"
#include "base/text.h"

struct sp_saving {
  sp_trainer *trainer;
  sp_run_directory *directory;
  const sp_observers *observers;
  const sp_checkpoint_options *options;
  sp_saver *saver;
  int64_t saved_step;  // step of the last checkpoint that was copied or loaded; -1: none

  double taken, started;  // clock, of the last copy and of the start of its writing
  double due;             // clock: the next checkpoint by the clock; infinity: none
  double patience;        // seconds until saving is tried again after a failure; 0: no failure
  double cost;            // seconds that a checkpoint costs
  double stalled;         // seconds that training has paused for the present checkpoint so far
  double stall_before;    // seconds that it paused for those before
  int64_t committed;      // number of checkpoints
  double longest;

  double step_clock;       // sum of trainer->step.times at the last step
  double step_seconds[2];  // since the last commit: duration of steps [0] without and [1] with writing under way
  int64_t steps[2];
};

// --- cost and clock -----------------------------------------------------------------------------------------------

static bool is_auto(const sp_saving *s) { return s->options->every.value == 0; }

enum { LEAST = 10 };  // seconds between two checkpoints with `auto`: more would only wear the disk

static double interval(const sp_saving *s) {
  if (!is_auto(s)) return s->options->every.unit == SP_MINUTES ? 60 * s->options->every.value : INFINITY;
  double seconds = 100 * s->cost / s->options->max_overhead_percent;
  return seconds > LEAST ? seconds : LEAST;
}

/// Set when the next checkpoint by the clock is due: early enough that its commit is within max_loss.
static void set_due(sp_saving *s) {
  s->due = s->started + interval(s);
  double latest = s->taken + 60 * s->options->max_loss - s->longest;
  if (is_auto(s) && s->due > latest) s->due = latest > s->started + LEAST ? latest : s->started + LEAST;
  if (s->patience > 0) s->due = sp_clock() + s->patience;
}

static double all_step_seconds(const sp_saving *s) {
  const sp_step_times *t = &s->trainer->step.times;
  return t->data + t->forward + t->backward + t->exchange + t->update;
}

static void watch_step(sp_saving *s) {
  double now = all_step_seconds(s);
  bool busy = sp_saver_is_busy(s->saver);
  s->step_seconds[busy] += now - s->step_clock;
  s->steps[busy]++;
  s->step_clock = now;
}

/// Return the cost of the last checkpoint: the pauses, and the additional time of the steps during the writing.
static double measure(sp_saving *s) {
  double slower = 0;
  if (s->steps[0] > 0) slower = s->step_seconds[1] - (double)s->steps[1] * s->step_seconds[0] / (double)s->steps[0];
  double cost = s->stalled + (slower > 0 ? slower : 0), seconds = sp_clock() - s->started;
  s->cost = s->committed > 0 ? (s->cost + cost) / 2 : cost;
  s->longest = s->committed == 0 || seconds > s->longest ? seconds : s->longest;
  s->stall_before += s->stalled;
  s->stalled = 0;
  s->steps[0] = s->steps[1] = 0;
  s->step_seconds[0] = s->step_seconds[1] = 0;
  s->committed++;
  return cost;
}

bool sp_saving_due(const sp_saving *s) {
  bool lost = sp_run_directory_lost(s->directory);  // another job has taken over: saving reports it on all ranks
  return s->trainer->model.comm->rank == 0 && (lost || sp_clock() >= s->due) && !sp_saver_is_busy(s->saver);
}

bool sp_saving_ready(const sp_saving *s) { return sp_saver_ready(s->saver); }

sp_saving_cost sp_saving_costs(const sp_saving *s) {
  return (sp_saving_cost){.longest = s->longest, .stall = s->stall_before + s->stalled, .committed = s->committed};
}

// --- saving -------------------------------------------------------------------------------------------------------

static void tell(const sp_saving *s, double cost) {
  if (s->observers->count == 0) return;
  sp_saver_times times = sp_saver_time(s->saver);
  sp_saved saved = {.step = sp_saver_step(s->saver),
                    .seconds = sp_clock() - s->taken,
                    .copy = times.copy,
                    .write = times.write,
                    .verify = times.verify,
                    .cost = cost,
                    .bytes = sp_saver_bytes(s->saver)};
  sp_standing standing;
  sp_trainer_standing(s->trainer, &standing);
  sp_observers_checkpoint(s->observers, &standing, &saved);
}

static void committed(sp_saving *s) {
  tell(s, measure(s));
  s->patience = 0;
  set_due(s);
}

/// Returns whether saving may succeed later: a full or failing disk or a lack of memory may pass. Other failures end the
/// run.
static bool may_pass(sp_status status) {
  return status == SP_ERR_SPACE || status == SP_ERR_IO || status == SP_ERR_CORRUPT || status == SP_ERR_MEMORY ||
         status == SP_ERR_LIBRARY;
}

static sp_status failed(sp_saving *s, sp_status status) {
  enum { FIRST = 2, LAST = 60 };  // seconds
  char wait[32];
  if (!may_pass(status)) return status;
  s->patience = s->patience == 0 ? FIRST : 2 * s->patience < LAST ? 2 * s->patience : LAST;
  s->saved_step = -1;
  if (s->trainer->model.comm->rank == 0) {
    sp_warn("%s; training continues, next attempt to save in %s", sp_error_message(),
            sp_text_duration(s->patience, wait));
  }
  set_due(s);
  return SP_OK;
}

static sp_status advance(sp_saving *s) {
  bool last = false;
  double start = sp_clock();
  sp_beat(s->trainer->model.pulse, SP_PHASE_SAVING);
  sp_status status = sp_saver_advance(s->saver, &last);
  s->stalled += sp_clock() - start;
  if (status != SP_OK) return failed(s, status);
  if (last) committed(s);
  return SP_OK;
}

/// Wait until the checkpoint being written is committed.
static sp_status finish(sp_saving *s) {
  while (sp_saver_is_busy(s->saver)) SP_TRY(advance(s));
  return SP_OK;
}

static void start(sp_saving *s) {
  s->started = sp_clock();
  s->due = INFINITY;
  sp_saver_start(s->saver);
}

static sp_status take(sp_saving *s) {
  double begin = sp_clock();
  SP_TRY(sp_train_step_settle(&s->trainer->step));
  SP_TRY(sp_saver_reserve(s->saver));
  sp_saver_take(s->saver, &s->trainer->model.state);
  s->taken = begin;
  s->saved_step = s->trainer->model.state.progress.step;
  s->stalled += sp_clock() - begin;
  return SP_OK;
}

sp_status sp_saving_step(sp_saving *s, bool ready) {
  watch_step(s);
  return ready ? advance(s) : SP_OK;
}

/// Returns whether checkpoint.every calls for a checkpoint at this step or at the end of this epoch.
static bool is_named(const sp_saving *s) {
  const sp_interval every = s->options->every;
  const sp_progress *now = &s->trainer->model.state.progress;
  if (every.value == 0 || every.unit == SP_MINUTES) return false;
  if (every.unit == SP_STEPS) return now->step % (int64_t)every.value == 0;
  return now->epoch_step == 0 && now->epoch % (int64_t)every.value == 0;
}

sp_status sp_saving_save(sp_saving *s, bool by_clock, bool best) {
  bool due = by_clock || (is_named(s) && s->patience == 0), at_once = !is_auto(s) && s->patience == 0;
  bool taken = s->saved_step == s->trainer->model.state.progress.step;
  if ((best || (due && !sp_saver_holds(s->saver))) && !taken) {
    SP_TRY(finish(s));
    sp_status status = take(s);
    if (status != SP_OK) return failed(s, status);
  }
  if (sp_saver_holds(s->saver) && (due || at_once)) start(s);
  return SP_OK;
}

/// Write the copy that is held, too, and wait.
static sp_status finish_all(sp_saving *s) {
  SP_TRY(finish(s));
  if (sp_saver_holds(s->saver)) start(s);
  return finish(s);
}

static sp_status hold(void *context) { return sp_run_directory_hold(context); }

static int64_t loaded_step(const sp_trainer *t) {
  return t->model.state.progress.step > 0 ? t->model.state.progress.step : -1;
}

sp_status sp_saving_go_back(sp_saving *s) {
  const sp_comm *comm = s->trainer->model.comm;
  SP_TRY(finish_all(s));
  // If another job has taken over, its checkpoints must not be loaded and its records must not be truncated.
  bool lost = comm->rank == 0 && hold(s->directory) == SP_ERR_BUSY;
  SP_TRY(sp_comm_agree(comm, lost ? SP_ERR_BUSY : SP_OK));
  SP_TRY(sp_trainer_go_back(s->trainer, s->directory->checkpoints));
  s->saved_step = loaded_step(s->trainer);
  return SP_OK;
}

sp_status sp_saving_end(sp_saving *s) {
  SP_TRY(finish_all(s));
  if (s->saved_step == s->trainer->model.state.progress.step) return SP_OK;
  SP_TRY(sp_train_step_settle(&s->trainer->step));
  sp_train_step_free(&s->trainer->step);  // makes room for the copy
  SP_TRY(take(s));
  start(s);
  bool last = false;
  sp_beat(s->trainer->model.pulse, SP_PHASE_SAVING);
  while (!last) SP_TRY(sp_saver_advance(s->saver, &last));
  committed(s);
  return SP_OK;
}

// --- opening ------------------------------------------------------------------------------------------------------

/// Rank 0: check before training that there is room for a checkpoint.
static sp_status check_space(const sp_saving *s) {
  sp_status status = sp_saver_check_space(s->saver);
  if (status == SP_OK || s->trainer->model.state.progress.step == 0) return status;
  sp_warn("%s", sp_error_message());
  return SP_OK;
}

/// Rank 0: warn if there is no memory for the copy of the state, which is allocated later.
static void check_memory(const sp_saving *s) {
  int64_t left = sp_memory_available(), needed = sp_saver_bytes(s->saver) / s->trainer->model.comm->node_count;
  char a[32], b[32];
  if (left >= needed) return;
  sp_warn(
      "a checkpoint needs %s of this node's memory for a copy of the state, but %s are available: no checkpoint can be "
      "saved during training unless memory becomes free",
      sp_text_bytes(needed, a), sp_text_bytes(left, b));
}

static sp_status open(sp_saving *s) {
  sp_trainer *t = s->trainer;
  const sp_checkpoint_options *o = s->options;
  sp_saver_options options = {.directory = s->directory->checkpoints,
                              .verify = o->verify,
                              .keep = o->keep,
                              .keep_every = o->keep_every,
                              .pin = &t->pin,
                              .may_commit = hold,
                              .context = s->directory};
  SP_TRY(sp_saver_create(t->model.comm, &t->model.shards, &t->model.state, &options, &s->saver));
  if (!is_auto(s)) SP_TRY(sp_saver_reserve(s->saver));  // with `auto`, short runs do not need it
  if (is_auto(s) && t->model.comm->rank == 0) check_memory(s);
  return sp_comm_agree(t->model.comm, t->model.comm->rank == 0 ? check_space(s) : SP_OK);
}

sp_status sp_saving_open(sp_trainer *t, sp_run_directory *directory, const sp_observers *observers, sp_saving **out) {
  const double guess_rate = 5e8,
               guess_latency = 0.05;  // bytes per second, seconds: used until the first checkpoint is measured
  sp_saving *s;
  SP_TRY(sp_comm_agree(t->model.comm, sp_allocate(1, sizeof *s, "saving", &s)));
  s->trainer = t;
  s->directory = directory;
  s->observers = observers;
  s->options = t->model.config->checkpoint;
  s->saved_step = loaded_step(t);
  sp_status status = open(s);
  if (status != SP_OK) {
    sp_saving_close(s);
    return status;
  }
  s->cost = s->longest = guess_latency + (double)sp_saver_bytes(s->saver) / guess_rate;
  s->taken = s->started = sp_clock();
  s->step_clock = all_step_seconds(s);
  set_due(s);
  *out = s;
  return SP_OK;
}

void sp_saving_close(sp_saving *s) {
  if (!s) return;
  sp_saver_free(s->saver);
  free(s);
}
