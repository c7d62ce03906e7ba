// SPDX-License-Identifier: Apache-2.0
// A checkpoint and its configuration, loaded for forward passes over some rows.
#include "cli/evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_inspect.h"
#include "checkpoint/load.h"

static const char *const names[] = {"test", "validation", "train"};  // in the order of sp_evaluation_data

#define AT(member) offsetof(sp_evaluation_wanted, member)
const sp_option sp_evaluation_options[] = {
    {.name = "run",
     .kind = SP_OPTION_STRING,
     .offset = AT(run),
     .unit = "run|checkpoint",
     .flags = SP_OPTION_POSITIONAL,
     .help = "run directory (its best checkpoint if the run validates, otherwise its last one) or checkpoint"},
    {.name = "data",
     .letter = 'd',
     .kind = SP_OPTION_CHOICE,
     .offset = AT(data),
     .range = "test|validation|train",
     .flags = SP_OPTION_OPTIONAL,
     .help = "rows to use (default: the first of these that the configuration has)"},
    {.name = "parameters",
     .letter = 'p',
     .kind = SP_OPTION_CHOICE,
     .offset = AT(parameters),
     .range = "average|raw",
     .flags = SP_OPTION_OPTIONAL,
     .help = "parameters to use; average: their moving average, the default for a run with optimizer.average; raw: the "
             "parameters themselves"},
    {.name = "set",
     .letter = 's',
     .kind = SP_OPTION_STRINGS,
     .offset = AT(set),
     .unit = "key=value",
     .flags = SP_OPTION_OPTIONAL,
     .help = "override an option of the checkpoint's configuration, such as data.test.file=other.h5; may be repeated"},
    {0}};

sp_status sp_evaluation_open(const sp_comm *comm, const sp_evaluation_wanted *wanted, sp_evaluation *out) {
  sp_checkpoint_about about = {0};
  sp_status status = SP_OK;
  *out = (sp_evaluation){0};
  if (comm->rank == 0) {
    status = sp_checkpoint_find(wanted->run, out->path);
    if (status == SP_OK) status = sp_checkpoint_inspect(out->path, &about);
  }
  SP_TRY(sp_comm_agree(comm, status));
  char *text = about.config;
  size_t size = text ? strlen(text) : 0;
  SP_TRY(sp_comm_broadcast_text(comm, &text, &size));
  MPI_Bcast(out->path, PATH_MAX, MPI_CHAR, 0, comm->world);
  status = sp_run_config_read(text, size, out->path, wanted->set.item, (int)wanted->set.count, &out->config);
  if (comm->rank == 0) {
    sp_checkpoint_about_free(&about);
  } else {
    free(text);
  }
  return sp_comm_agree(comm, status);
}

/// Choose the rows, and the parts of the feed to open for them.
static sp_status choose_rows(const sp_run_config *config, int *which, int *parts) {
  const sp_data_options *data = config->data;
  if (*which == SP_EVALUATION_UNSET) {
    *which = data->test ? SP_EVALUATION_TEST : data->validation ? SP_EVALUATION_VALIDATION : SP_EVALUATION_TRAIN;
  }
  *parts = *which == SP_EVALUATION_TEST ? SP_FEED_TEST : SP_FEED_TRAINING;
  if (*which == SP_EVALUATION_TEST && !data->test) {
    return sp_fail(SP_ERR_USAGE,
                   "the configuration has no data.test: add it with --set data.test.file=… --set "
                   "data.test.features=… --set data.test.targets=…");
  }
  if (*which == SP_EVALUATION_VALIDATION && !data->validation) {
    return sp_fail(SP_ERR_USAGE, "--data validation: the configuration has no data.validation");
  }
  return SP_OK;
}

/// The default is the average if the run keeps one: the run validates with it, too.
static sp_status choose_parameters(const sp_run_config *config, int *which) {
  bool averages = sp_optimizer_averages(config->optimizer);
  if (*which == SP_EVALUATION_UNSET) *which = averages ? SP_EVALUATION_AVERAGE : SP_EVALUATION_RAW;
  if (averages || *which == SP_EVALUATION_RAW) return SP_OK;
  return sp_fail(SP_ERR_USAGE, "--parameters: expected raw, got average: the run keeps no average (optimizer.average)");
}

sp_status sp_evaluation_load(const sp_comm *comm, const sp_evaluation_wanted *wanted, sp_evaluation *e) {
  int which = wanted->data, parameters = wanted->parameters, parts;
  SP_TRY(choose_rows(&e->config, &which, &parts));
  SP_TRY(choose_parameters(&e->config, &parameters));
  if (parts == SP_FEED_TEST && wanted->without_targets) parts |= SP_FEED_WITHOUT_TARGETS;
  SP_TRY(sp_trainer_create(comm, &e->config, parts, &e->trainer));
  sp_trainer *t = e->trainer;
  SP_TRY(sp_checkpoint_load(comm, e->path, &t->model.shards, &t->model.state));
  sp_model_state_use_moments(&t->model, &t->feed);
  if (parameters == SP_EVALUATION_AVERAGE) sp_model_state_swap_average(&t->model);
  e->rows = which == SP_EVALUATION_TEST         ? &t->feed.test_rows
            : which == SP_EVALUATION_VALIDATION ? &t->feed.validation_rows
                                                : &t->feed.train_rows;
  e->data = names[which];
  e->why = wanted->data != SP_EVALUATION_UNSET || which == SP_EVALUATION_TEST ? ""
           : which == SP_EVALUATION_VALIDATION
               ? ", because the configuration has no data.test"
               : ", because the configuration has neither data.test nor data.validation";
  e->averaged = parameters == SP_EVALUATION_AVERAGE;
  return SP_OK;
}

void sp_evaluation_close(sp_evaluation *e) {
  sp_trainer_free(e->trainer);
  sp_run_config_free(&e->config);
  *e = (sp_evaluation){0};
}
