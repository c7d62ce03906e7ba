// shardprop eval: score a run or a checkpoint.
// May include: everything.
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "train/trainer.h"

static const char help[] =
    "usage: [mpirun -n RANKS] shardprop eval RUN|CHECKPOINT [--data test|validation|train] [--set KEY=VALUE]... [--json]\n"
    "\n"
    "Score a run (its best checkpoint where it validates, else its last one) or a checkpoint. The model, the transforms and\n"
    "the data sets are those of the checkpoint's configuration. Scores go to stdout, a line each: name, value.\n"
    "\n"
    "  -d, --data WHICH      test (default where the configuration has data.test), validation or train\n"
    "  -s, --set KEY=VALUE   other data: --set data.test.file=other.h5\n"
    "  -j, --json            one JSON object instead\n"
    "  -q, --quiet           warnings and errors only\n"
    "  -h, --help            this text\n";

enum { DATA, JSON };
static const sp_flag flags[] = {[DATA] = {"data", 'd', true}, [JSON] = {"json", 'j', false}};

/// The checkpoint's path and configuration, read by rank 0.
static sp_status find_checkpoint(const sp_comm *comm, const sp_arguments *arguments, char path[PATH_MAX],
                                 sp_run_config *config) {
  sp_checkpoint_about about = {0};
  sp_status status = SP_OK;
  if (comm->rank == 0) {
    status = sp_checkpoint_find(arguments->name, path);
    if (status == SP_OK) status = sp_checkpoint_inspect(path, &about);
  }
  SP_TRY(sp_comm_agree(comm, status));
  char *text = about.config;
  size_t size = text ? strlen(text) : 0;
  SP_TRY(sp_comm_broadcast_text(comm, &text, &size));
  MPI_Bcast(path, PATH_MAX, MPI_CHAR, 0, comm->world);
  status = sp_run_config_read(text, size, path, arguments->overrides, arguments->override_count, config);
  if (comm->rank == 0) {
    sp_checkpoint_about_free(&about);
  } else {
    free(text);
  }
  return sp_comm_agree(comm, status);
}

static sp_status choose_rows(const sp_run_config *config, const char *which, int *parts) {
  if (!which) which = config->data->test ? "test" : config->data->validation ? "validation" : "train";
  if (strcmp(which, "test") == 0) {
    *parts = SP_FEED_TEST;
    if (config->data->test) return SP_OK;
    return sp_fail(SP_ERR_USAGE, "the configuration has no data.test: give it with --set data.test.file=… --set "
                   "data.test.features=… --set data.test.targets=…");
  }
  *parts = SP_FEED_TRAINING;
  if (strcmp(which, "train") == 0) return SP_OK;
  if (strcmp(which, "validation") != 0) {
    return sp_fail(SP_ERR_USAGE, "--data: expected test, validation or train, got '%s'", which);
  }
  if (config->data->validation) return SP_OK;
  return sp_fail(SP_ERR_USAGE, "the configuration has no data.validation");
}

static void print_scores(const sp_scores *scores, int64_t step, int64_t rows, bool json) {
  sp_text text = {0};
  for (int i = 0; i < scores->count && !json; i++) sp_text_add(&text, "%s %.6f\n", scores->name[i], scores->value[i]);
  if (json) {
    sp_text_add(&text, "{\"step\":%lld,\"rows\":%lld", (long long)step, (long long)rows);
    for (int i = 0; i < scores->count; i++) {
      sp_text_append(&text, ",", 1);
      sp_text_add_json(&text, scores->name[i]);
      sp_text_add(&text, isfinite(scores->value[i]) ? ":%.9g" : ":null", scores->value[i]);
    }
    sp_text_add(&text, "}\n");
  }
  fputs(sp_text_string(&text), stdout);
  sp_text_free(&text);
}

static sp_status score(const sp_comm *comm, const sp_arguments *arguments, const char *path,
                       const sp_run_config *config) {
  int parts;
  sp_trainer *t;
  sp_scores scores;
  SP_TRY(choose_rows(config, arguments->value[DATA], &parts));
  SP_TRY(sp_trainer_create(comm, config, parts, &t));
  sp_status status = sp_checkpoint_load(comm, path, sp_exchange_shards(t->exchange), &t->state);
  if (status == SP_OK && t->state.arrays > 0) {
    sp_feed_set_moments(&t->feed, t->state.array[0].value, t->state.array[1].value);
  }
  bool train = arguments->value[DATA] && strcmp(arguments->value[DATA], "train") == 0;
  const sp_rows *rows = parts == SP_FEED_TEST ? &t->feed.test_rows
                        : train || !t->feed.validation ? &t->feed.train_rows
                                                        : &t->feed.validation_rows;
  if (status == SP_OK) status = sp_trainer_evaluate(t, rows, &scores);
  if (status == SP_OK && comm->rank == 0) {
    sp_info("%s, step %lld, %lld rows", path, (long long)t->state.progress.step, (long long)rows->count);
    print_scores(&scores, t->state.progress.step, rows->count, arguments->value[JSON] != NULL);
  }
  sp_trainer_free(t);
  return status;
}

static sp_status body(const sp_comm *comm, const sp_arguments *arguments) {
  char path[PATH_MAX] = "";
  sp_run_config config;
  SP_TRY(find_checkpoint(comm, arguments, path, &config));
  sp_status status = score(comm, arguments, path, &config);
  sp_run_config_free(&config);
  return status;
}

int sp_command_eval(int argc, char **argv) {
  sp_arguments arguments;
  if (sp_arguments_read(argc, argv, flags, 2, &arguments) != SP_OK) return sp_usage_error("eval");
  if (arguments.help) {
    fputs(help, stdout);
    return 0;
  }
  return sp_with_mpi(body, &arguments);
}
