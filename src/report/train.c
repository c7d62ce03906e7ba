// Training with reports: what `shardprop train` does.
// May include: base, comm, train, report.
#include "shardprop/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "report/report.h"
#include "train/run.h"
#include "train/stop.h"

static void show_start(const sp_comm *comm, const sp_run *run) {
  const sp_trainer *t = run->trainer;
  char about[256], values[32], rows[32], validation[32];
  const sp_progress *now = &t->state.progress;
  sp_info("run %s in %s: %d rank%s on %d node%s, %lld lane%s", run->config.name, run->directory.path, comm->size,
          comm->size == 1 ? "" : "s", comm->node_count, comm->node_count == 1 ? "" : "s", (long long)t->order.lanes,
          t->order.lanes == 1 ? "" : "s");
  sp_info("%s", t->pin.text);
  sp_info("data: %s; %s rows to train on, %s to validate", sp_dataset_describe(t->feed.train, about),
          sp_text_count(t->feed.train_rows.count, rows), sp_text_count(t->feed.validation_rows.count, validation));
  sp_info("model: %s parameters, %s", sp_text_count(t->state.table->trainable, values),
          run->config.optimizer->rule.type->name);
  if (run->resumed) {
    int64_t bytes = sp_parameter_values(t->state.table) * (int64_t)sp_dtype_size(t->state.precision) * (1 + t->state.slots);
    sp_info("going on after step %lld (epoch %lld): %s read in %.3g s", (long long)now->step, (long long)now->epoch + 1,
            sp_text_bytes(bytes, values), run->seconds_loading);
  }
}

static void show_end(const sp_run *run) {
  const sp_trainer *t = run->trainer;
  const sp_progress *now = &t->state.progress;
  char seconds[32], rate[32], best[32];
  sp_info("done: %lld steps, %lld epochs in %s (%s rows/s)", (long long)now->step, (long long)now->epoch,
          sp_text_duration(now->seconds, seconds),
          sp_text_count(now->seconds > 0 ? (int64_t)((double)now->rows_seen / now->seconds) : 0, rate));
  if (now->best_step >= 0) {
    sp_info("best validation %s %s at step %lld: %s/best", run->config.train->monitor,
            sp_text_score(now->best_value, best), (long long)now->best_step, run->directory.checkpoints);
  }
  if (run->config.data->test) sp_info("next: shardprop eval %s", run->directory.path);
}

/// Everything is there already.
static sp_status show_finished(const sp_comm *comm, const sp_run *run) {
  const sp_train_options *train = run->config.train;
  const sp_progress *now = &run->trainer->state.progress;
  const char *limit = now->epoch >= train->epochs                            ? "train.epochs"
                      : train->steps != SP_AUTO && now->step >= train->steps ? "train.steps"
                                                                             : "train.patience";
  show_start(comm, run);
  sp_info("the run is finished: raise %s to go on with it", limit);
  show_end(run);
  return SP_OK;
}

/// The state is there: rank 0 says which.
static void tell_ready(const sp_run *run, sp_status_file *file) {
  sp_standing s;
  char manifest[PATH_MAX];
  sp_trainer_standing(run->trainer, &s);
  s.started_seconds = s.seconds;
  s.started_rows = s.rows;
  snprintf(manifest, sizeof manifest, "%s/step-%09lld/manifest", run->directory.checkpoints, (long long)s.step);
  sp_status_file_ready(file, &s, run->resumed ? sp_file_time(manifest) : NAN);
}

static sp_status train(const sp_comm *comm, sp_run *run, sp_status_file *file) {
  sp_report *report = NULL;
  SP_TRY(sp_run_prepare(comm, run));
  sp_trainer *t = run->trainer;
  if (comm->rank == 0) tell_ready(run, file);
  if (run->resumed && sp_trainer_is_done(t)) return show_finished(comm, run);
  sp_status status = SP_OK;
  if (comm->rank == 0) {
    status = sp_report_open(run->directory.path, run->config.report, t->state.progress.step, file, &report);
  }
  status = sp_comm_agree(comm, status);
  if (status == SP_OK) {
    show_start(comm, run);
    status = sp_trainer_run(t, &run->directory, &run->deadline, report ? sp_report_observer(report) : NULL);
  }
  if (status == SP_OK) show_end(run);
  if (report && status != SP_OK && status != SP_STOPPED && status != SP_ERR_BUSY) {  // busy: the records are another's
    sp_report_failure(report, t->state.progress.step, sp_error_message());
  }
  sp_report_close(report);
  return status;
}

/// A run that another job has taken over has nothing to say of it.
static void end_status(sp_status_file *file, sp_status status) {
  if (status == SP_ERR_BUSY) return;
  char *error = strdup(sp_error_message());  // which writing the file may change
  bool failed = status != SP_OK && status != SP_STOPPED;
  sp_status_file_end(file, failed ? "failed" : status == SP_OK ? "done" : "preempted", failed && error ? error : NULL);
  if (status != SP_OK && error) sp_fail(status, "%s", error);
  free(error);
}

static sp_status open_and_train(const sp_comm *comm, const char *path, const char *const *overrides, int count) {
  sp_run_config config;
  sp_run run;
  sp_status_file file;
  char *hosts;
  SP_TRY(sp_comm_hosts(comm, &hosts));
  sp_status status = sp_run_read_config(comm, path, overrides, count, &config);
  if (status == SP_OK) status = sp_run_open(comm, &config, &run);
  if (status == SP_OK && comm->rank == 0) sp_status_file_open(run.directory.path, comm->size, hosts, &file);
  free(hosts);
  SP_TRY(status);
  status = train(comm, &run, &file);
  if (comm->rank == 0) end_status(&file, status);
  sp_run_close(&run);
  return status;
}

sp_status sp_train(MPI_Comm parent, const char *config, const char *const *overrides, int count) {
  sp_comm comm;
  SP_TRY(sp_comm_open(parent, &comm));
  sp_log_level level = sp_log_get_level();
  if (comm.rank != 0) sp_log_set_level(SP_LOG_SILENT);
  sp_stop_listen();
  sp_status status = open_and_train(&comm, config, overrides, count);
  sp_stop_end();
  sp_log_set_level(level);
  sp_comm_close(&comm);
  return status;
}
