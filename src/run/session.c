// SPDX-License-Identifier: Apache-2.0
// Training with reports, as `shardprop train` does it: opening, training, closing.
#include "run/session.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/reports.h"
#include "run/read_config.h"
#include "run/usable_ranks.h"
#include "train/loop.h"

struct sp_session {
  sp_comm all;   // the ranks that were started
  sp_comm comm;  // those of them that the run can use; empty on an idle rank
  sp_session_options options;
  sp_run run;
  sp_observers observers;  // on rank 0, once the directory belongs to this job: the reports and the caller's observer
  bool opened;             // the run is open
  bool over;               // sp_session_train was called
  bool begun;              // the reports of the training are open
  sp_status outcome;
  sp_log_level level;  // of the process
};

static void show_start(const sp_comm *comm, const sp_run *run) {
  const sp_trainer *t = run->trainer;
  char about[256], bytes_text[32], a[SP_TEXT_COUNTED], b[SP_TEXT_COUNTED], c[SP_TEXT_COUNTED];
  const sp_progress *now = &t->model.state.progress;
  sp_info("run %s in %s: %s on %s, %s", run->config.name, run->directory.path, sp_text_counted(comm->size, "rank", a),
          sp_text_counted(comm->node_count, "node", b), sp_text_counted(t->source.order.lanes, "lane", c));
  sp_info("%s", t->pin.text);
  sp_info("data: %s; %s, %s", sp_dataset_describe(t->feed.train, about),
          sp_text_counted(t->feed.train_rows.count, "training row", a),
          sp_text_counted(t->feed.validation_rows.count, "validation row", b));
  sp_info("model: %s, %s", sp_text_counted(t->model.state.table->trainable, "parameter", a),
          run->config.optimizer->rule.type->name);
  if (run->resumed) {
    const sp_state *state = &t->model.state;
    int64_t bytes = sp_parameter_values(state->table) * (int64_t)sp_dtype_size(state->precision) * (1 + state->slots);
    sp_info("continuing after step %lld (epoch %lld): read %s in %.3g s", (long long)now->step,
            (long long)now->epoch + 1, sp_text_bytes(bytes, bytes_text), run->seconds_loading);
  }
}

static void show_end(const sp_run *run) {
  const sp_trainer *t = run->trainer;
  const sp_progress *now = &t->model.state.progress;
  char seconds[32], rate[32], best[32], steps[SP_TEXT_COUNTED], epochs[SP_TEXT_COUNTED], skipped[SP_TEXT_COUNTED + 32];
  const int skips = sp_progress_skipped(now);
  snprintf(skipped, sizeof skipped, "; skipped %s, not finite", sp_text_counted(skips, "step", steps));
  sp_info("done: %s, %s in %s (%s rows/s)%s", sp_text_counted(now->step, "step", steps),
          sp_text_counted(now->epoch, "epoch", epochs), sp_text_duration(now->seconds, seconds),
          sp_text_count(now->seconds > 0 ? (int64_t)((double)now->rows_seen / now->seconds) : 0, rate),
          skips > 0 ? skipped : "");
  if (now->best_step >= 0) {
    sp_info("best validation %s %s at step %lld: %s/best", run->config.train->monitor,
            sp_text_score(now->best_value, best), (long long)now->best_step, run->directory.checkpoints);
  }
  if (run->config.data->test) sp_info("next: shardprop eval %s", run->directory.path);
}

/// The run was complete before this start.
static sp_status show_finished(const sp_comm *comm, const sp_run *run) {
  const sp_train_options *train = run->config.train;
  const sp_progress *now = &run->trainer->model.state.progress;
  const char *limit = now->epoch >= train->epochs                            ? "train.epochs"
                      : train->steps != SP_AUTO && now->step >= train->steps ? "train.steps"
                                                                             : "train.patience";
  show_start(comm, run);
  sp_info("the run is complete; to continue it, raise %s", limit);
  show_end(run);
  return SP_OK;
}

/// Called by rank 0, once the state is set.
static void observe_ready(const sp_run *run, const sp_observers *observers) {
  sp_standing s;
  char manifest[PATH_MAX];
  sp_trainer_standing(run->trainer, &s);
  s.started_seconds = s.seconds;
  s.started_rows = s.rows;
  snprintf(manifest, sizeof manifest, "%s/step-%09lld/manifest", run->directory.checkpoints, (long long)s.step);
  sp_observers_ready(observers, &s, run->resumed ? sp_file_time(manifest) : NAN);
}

// --- the training -------------------------------------------------------------------------------------------------

/// Returns whether the run still belongs to this job. If not, its records must not be changed.
static bool is_ours(sp_status status) { return status != SP_ERR_BUSY; }

static bool has_failed(sp_status status) { return status != SP_OK && status != SP_STOPPED; }

static sp_status train(sp_session *session) {
  const sp_comm *comm = &session->comm;
  const sp_observers *observers = &session->observers;
  sp_run *run = &session->run;
  sp_trainer *t = run->trainer;
  sp_standing start;
  if (run->resumed && sp_trainer_is_done(t)) return show_finished(comm, run);
  sp_trainer_standing(t, &start);
  sp_status status = sp_comm_agree(comm, sp_observers_begin(observers, &start));
  session->begun = status == SP_OK;
  if (session->begun) {
    show_start(comm, run);
    status = sp_trainer_run(t, &run->directory, &run->deadline, observers);
  }
  if (status == SP_OK) show_end(run);
  if (session->begun && has_failed(status) && is_ours(status)) {
    sp_observers_fail(observers, t->model.state.progress.step, sp_error_message());
  }
  sp_observers_finish(observers);
  return status;
}

/// Report how the run ended. The message of the last failure is kept.
static void end_reports(sp_session *session, sp_status status, bool stopped_early) {
  char *error = strdup(sp_error_message());  // reports may overwrite the message
  sp_ending ending = has_failed(status) ? SP_ENDING_FAILED : status == SP_STOPPED ? SP_ENDING_STOPPED : SP_ENDING_DONE;
  if (is_ours(status))
    sp_observers_over(&session->observers, ending, has_failed(status) || stopped_early ? error : NULL);
  sp_observers_close(&session->observers);
  if (status != SP_OK && error) (void)sp_fail(status, "%s", error);
  free(error);
}

static sp_status read_config(const sp_comm *comm, const sp_session_options *o, sp_run_config *config) {
  if (!o->text) return sp_run_read_config(comm, o->path, o->overrides, o->count, config);
  char *text = NULL;
  size_t size = comm->rank == 0 ? strlen(o->text) : 0;
  sp_status status = comm->rank == 0 ? sp_allocate((int64_t)size + 1, 1, "a configuration", &text) : SP_OK;
  SP_TRY(sp_comm_agree(comm, status));
  if (text) memcpy(text, o->text, size);
  return sp_run_share_config(comm, text, size, o->path, o->overrides, o->count, config);
}

/// Called by rank 0, once the directory belongs to this job.
static sp_status add_observers(sp_session *session, const char *hosts) {
  const sp_report_start start = {session->run.directory.path, session->run.config.report, session->comm.size, hosts};
  const sp_observer *caller = session->options.observer;
  SP_TRY(sp_reports_open(&start, &session->observers));
  return caller ? sp_observers_add(&session->observers, *caller) : SP_OK;
}

static sp_status observe(sp_session *session, const char *hosts) {
  return sp_comm_agree(&session->comm, session->comm.rank == 0 ? add_observers(session, hosts) : SP_OK);
}

/// Refuse a first start that would replace the configuration file of the user by the resolved configuration.
static sp_status check_config_file(const sp_session *session) {
  const sp_run *run = &session->run;
  char path[PATH_MAX];
  if (session->comm.rank != 0 || session->options.text || run->directory.started) return SP_OK;
  snprintf(path, sizeof path, "%s/config.yaml", run->directory.path);
  if (!sp_file_same(session->options.path, path)) return SP_OK;
  return sp_document_fail(run->config.document, "run.directory",
                          "%s is the configuration file, which the run would replace by its resolved configuration: "
                          "choose another directory",
                          path);
}

static sp_status open_run(sp_session *session, sp_run_config *config) {
  const sp_comm *comm = &session->comm;
  sp_run *run = &session->run;
  char *hosts;
  SP_TRY(sp_comm_hosts(comm, &hosts));
  sp_status status = sp_comm_agree(comm, sp_interrupt_check());
  if (status == SP_OK) status = sp_run_open(comm, config, run);
  session->opened = status == SP_OK;
  run->unwatched = session->options.unwatched;
  if (status == SP_OK) status = sp_comm_agree(comm, check_config_file(session));
  if (status == SP_OK) status = sp_run_prepare(comm, run);
  if (status == SP_OK) status = sp_run_take_directory(comm, run);
  if (status == SP_OK) status = observe(session, hosts);
  if (status == SP_OK) status = sp_run_load(comm, run);
  free(hosts);
  SP_TRY(status);
  SP_TRY(sp_comm_agree(comm, sp_interrupt_check()));
  if (comm->rank == 0) observe_ready(run, &session->observers);
  return SP_OK;
}

/// Open the run on the ranks that it can use.
static sp_status open_session(sp_session *session) {
  sp_run_config config;
  SP_TRY(read_config(&session->all, &session->options, &config));
  sp_status status = sp_run_open_ranks(&session->all, &config, &session->comm);
  bool waits = sp_session_waits(session);
  if (status == SP_OK && !waits) status = open_run(session, &config);
  sp_run_config_free(&config);
  return sp_comm_await(&session->all, waits, status);
}

/// During calls of the session only rank 0 logs, and only warnings if the caller asked for quiet.
static void set_log_level(sp_session *session) {
  session->level = sp_log_get_level();
  bool quiet = session->options.quiet && session->level > SP_LOG_WARNING;
  if (quiet) sp_log_set_level(SP_LOG_WARNING);
  if (session->all.rank != 0) sp_log_set_level(SP_LOG_SILENT);
}

sp_status sp_session_open(MPI_Comm parent, const sp_session_options *options, sp_session **out) {
  sp_session *session = NULL;
  sp_comm all;
  SP_TRY(sp_comm_open(parent, &all));
  sp_status status = sp_comm_agree(&all, sp_allocate(1, sizeof *session, "session", &session));
  if (status != SP_OK) {
    free(session);
    sp_comm_close(&all);
    return status;
  }
  session->all = all;
  session->options = *options;
  session->run.directory.lock = -1;
  set_log_level(session);
  status = open_session(session);
  sp_log_set_level(session->level);
  session->outcome = status;
  if (status == SP_OK) {
    *out = session;
  } else {
    sp_session_close(session);
  }
  return status;
}

sp_status sp_session_train(sp_session *session) {
  if (session->over) return sp_fail(SP_ERR_USAGE, "this training has been run already: open it again to continue");
  bool waits = sp_session_waits(session);
  set_log_level(session);
  session->over = true;
  session->outcome = sp_comm_await(&session->all, waits, waits ? SP_OK : train(session));
  sp_log_set_level(session->level);
  return session->outcome;
}

bool sp_session_waits(const sp_session *session) { return session->comm.size == 0; }

sp_trainer *sp_session_trainer(const sp_session *session) { return session->run.trainer; }

void sp_session_close(sp_session *session) {
  if (!session) return;
  bool ended = session->over || session->outcome != SP_OK;  // otherwise the run counts as stopped
  if (session->observers.count > 0) {
    bool stopped_early = !session->over && session->outcome == SP_STOPPED;
    end_reports(session, ended ? session->outcome : SP_STOPPED, stopped_early);
  }
  bool refused = !session->begun && has_failed(session->outcome) && is_ours(session->outcome);
  if (session->opened && refused && session->comm.rank == 0) sp_run_directory_discard(&session->run.directory);
  if (session->opened) sp_run_close(&session->run);
  sp_comm_close(&session->comm);
  sp_comm_close(&session->all);
  free(session);
}
