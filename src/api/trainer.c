// SPDX-License-Identifier: Apache-2.0
// The public trainer: a session, with an observer that calls the caller's callbacks.
#include "shardprop/trainer.h"

#include <stdlib.h>

#include "api/values.h"
#include "base/interrupt.h"
#include "base/locale.h"
#include "base/memory.h"
#include "run/session.h"

struct sp_training {
  sp_session *session;
  sp_observer observer;
  sp_training_callback *on_step, *on_epoch, *on_checkpoint;
  void *context;
  locale_t locale;  // of the caller
  bool take_signals;
};

sp_status sp_train(MPI_Comm comm, const char *config, const char *const *overrides, int count) {
  SP_C_LOCALE;
  const sp_session_options options = {.path = config, .overrides = overrides, .count = count};
  sp_session *session;
  sp_interrupt_listen();
  sp_status status = sp_session_open(comm, &options, &session);
  if (status == SP_OK) {
    status = sp_session_train(session);
    sp_session_close(session);
  }
  sp_interrupt_end();
  return status;
}

// --- callbacks ----------------------------------------------------------------------------------------------------

static void call(sp_training *training, sp_training_callback *callback, sp_training_event *event,
                 const sp_standing *s) {
  if (!callback) return;
  event->step = s->step;
  event->steps = s->steps;
  event->epoch = s->epoch;
  event->epochs = s->epochs;
  event->rows = s->rows;
  event->seconds = s->seconds;
  locale_t ours = uselocale(training->locale);
  bool goes_on = callback(training->context, event);
  uselocale(ours);
  if (!goes_on) sp_training_request_stop(training);
}

static void on_step(void *context, const sp_standing *s, const sp_scores *batch, const sp_scores *epoch) {
  sp_training *training = context;
  (void)epoch;
  sp_training_event event = {
      .scores = batch->count, .score_name = batch->name, .score = batch->value, .saved_step = -1};
  call(training, training->on_step, &event, s);
}

static void on_epoch(void *context, const sp_standing *s, const sp_scores *scores, const sp_scores *validation,
                     bool best) {
  sp_training *training = context;
  sp_training_event event = {.scores = scores->count,
                             .score_name = scores->name,
                             .score = scores->value,
                             .validation = validation->count > 0 ? validation->value : NULL,
                             .best = best,
                             .saved_step = -1};
  call(training, training->on_epoch, &event, s);
}

static void on_checkpoint(void *context, const sp_standing *s, const sp_saved *saved) {
  sp_training *training = context;
  sp_training_event event = {.saved_step = saved->step};
  call(training, training->on_checkpoint, &event, s);
}

static const sp_observer_type callbacks = {.step = on_step, .epoch = on_epoch, .checkpoint = on_checkpoint};

// --- the training -------------------------------------------------------------------------------------------------

/// All ranks agree on the status, because what follows is collective.
static sp_status make(MPI_Comm comm, sp_training **out) {
  sp_status status = sp_allocate(1, sizeof **out, "training", out);
  int fine = status == SP_OK, all_fine;
  MPI_Allreduce(&fine, &all_fine, 1, MPI_INT, MPI_MIN, comm);
  if (all_fine) return SP_OK;
  if (fine) {
    free(*out);
    status = sp_fail(SP_ERR_MEMORY, "training: another rank is out of memory");
  }
  return status;
}

sp_status sp_training_open(MPI_Comm comm, const sp_training_options *o, sp_training **out) {
  SP_C_LOCALE;
  if (!o->config && !o->text) return sp_fail(SP_ERR_USAGE, "training: expected a configuration file or its text");
  sp_training *training;
  SP_TRY(make(comm, &training));
  training->observer = (sp_observer){&callbacks, training};
  training->on_step = o->on_step;
  training->on_epoch = o->on_epoch;
  training->on_checkpoint = o->on_checkpoint;
  training->context = o->context;
  training->take_signals = o->take_signals;
  const sp_session_options options = {.path = o->config ? o->config : "configuration",
                                      .text = o->text,
                                      .overrides = o->overrides,
                                      .count = o->count,
                                      .quiet = o->quiet,
                                      .unwatched = !o->watchdog,
                                      .observer = &training->observer};
  sp_status status = sp_session_open(comm, &options, &training->session);
  if (status == SP_OK) {
    *out = training;
  } else {
    free(training);
  }
  return status;
}

sp_status sp_training_run(sp_training *training) {
  SP_C_LOCALE;
  training->locale = sp_locale_before;
  if (training->take_signals) sp_interrupt_listen();
  sp_status status = sp_session_train(training->session);
  if (training->take_signals) sp_interrupt_end();
  return status;
}

void sp_training_request_stop(sp_training *training) {
  if (!sp_session_waits(training->session)) atomic_store(&sp_session_trainer(training->session)->stop_requested, true);
}

int64_t sp_training_step(const sp_training *training) {
  return sp_session_waits(training->session) ? -1 : sp_session_trainer(training->session)->model.state.progress.step;
}

const char *sp_training_tensor(const sp_training *training, int64_t index) {
  if (sp_session_waits(training->session)) return NULL;
  const sp_parameter_table *table = sp_session_trainer(training->session)->model.state.table;
  return index >= 0 && index < table->tensors ? table->tensor[index].name : NULL;
}

sp_status sp_training_read(const sp_training *training, const char *tensor, double *values, int64_t count) {
  SP_C_LOCALE;
  if (sp_session_waits(training->session))
    return sp_fail(SP_ERR_USAGE, "tensor %s: this rank has no lanes and holds no parameters", tensor);
  const sp_state *state = &sp_session_trainer(training->session)->model.state;
  const sp_tensor *found = NULL;
  SP_TRY(sp_api_find_tensor(state->table, tensor, count, &found));
  sp_api_copy_values(state->precision, state->parameters, found->offset, count, values);
  return SP_OK;
}

void sp_training_close(sp_training *training) {
  SP_C_LOCALE;
  if (!training) return;
  sp_session_close(training->session);
  free(training);
}
