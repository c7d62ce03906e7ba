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

enum { TEST, VALIDATION, TRAIN, UNSET = -1 };

typedef struct arguments {
  const char *run;
  int data;
  sp_strings set;
  bool json;
} arguments;

#define AT(member) offsetof(arguments, member)
static const sp_option options[] = {
    {.name = "run", .kind = SP_OPTION_STRING, .offset = AT(run), .unit = "run|checkpoint",
     .flags = SP_OPTION_POSITIONAL,
     .help = "a run (its best checkpoint where it validates, else its last one) or a checkpoint"},
    {.name = "data", .letter = 'd', .kind = SP_OPTION_CHOICE, .offset = AT(data), .range = "test|validation|train",
     .flags = SP_OPTION_OPTIONAL, .help = "the rows to score (default: the first of these that the configuration has)"},
    {.name = "set", .letter = 's', .kind = SP_OPTION_STRINGS, .offset = AT(set), .unit = "key=value",
     .flags = SP_OPTION_OPTIONAL, .help = "override the checkpoint's configuration; may be given several times"},
    {.name = "json", .letter = 'j', .kind = SP_OPTION_BOOL, .offset = AT(json), .preset = "false",
     .help = "one JSON object instead of lines"},
    {0}};

static const sp_usage usage = {
    .command = "eval",
    .synopsis = "[mpirun -n RANKS] shardprop eval RUN|CHECKPOINT [--data test|validation|train] [--json]",
    .details = "Score a run or a checkpoint. The model, the transforms and the data sets are those of the\n"
               "checkpoint's configuration. Scores go to stdout, a line each: name, value.",
    .example = "shardprop eval runs/fashion_mnist --set data.test.file=other.h5"};

/// The checkpoint's path and configuration, read by rank 0.
static sp_status find_checkpoint(const sp_comm *comm, const arguments *given, char path[PATH_MAX],
                                 sp_run_config *config) {
  sp_checkpoint_about about = {0};
  sp_status status = SP_OK;
  if (comm->rank == 0) {
    status = sp_checkpoint_find(given->run, path);
    if (status == SP_OK) status = sp_checkpoint_inspect(path, &about);
  }
  SP_TRY(sp_comm_agree(comm, status));
  char *text = about.config;
  size_t size = text ? strlen(text) : 0;
  SP_TRY(sp_comm_broadcast_text(comm, &text, &size));
  MPI_Bcast(path, PATH_MAX, MPI_CHAR, 0, comm->world);
  status = sp_run_config_read(text, size, path, given->set.item, (int)given->set.count, config);
  if (comm->rank == 0) {
    sp_checkpoint_about_free(&about);
  } else {
    free(text);
  }
  return sp_comm_agree(comm, status);
}

/// Which rows, and which parts of the feed they take.
static sp_status choose_rows(const sp_run_config *config, int *which, int *parts) {
  if (*which == UNSET) *which = config->data->test ? TEST : config->data->validation ? VALIDATION : TRAIN;
  *parts = *which == TEST ? SP_FEED_TEST : SP_FEED_TRAINING;
  if (*which == TEST && !config->data->test) {
    return sp_fail(SP_ERR_USAGE, "the configuration has no data.test: give it with --set data.test.file=… --set "
                   "data.test.features=… --set data.test.targets=…");
  }
  if (*which == VALIDATION && !config->data->validation) {
    return sp_fail(SP_ERR_USAGE, "the configuration has no data.validation");
  }
  return SP_OK;
}

static void print_scores(const sp_scores *scores, int64_t step, int64_t rows, bool json) {
  sp_text text = {0};
  for (int i = 0; i < scores->count && !json; i++) sp_text_add(&text, "%s %.9g\n", scores->name[i], scores->value[i]);
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

static sp_status score(const sp_comm *comm, const arguments *given, const char *path, const sp_run_config *config) {
  int which = given->data, parts;
  sp_trainer *t;
  sp_scores scores;
  SP_TRY(choose_rows(config, &which, &parts));
  SP_TRY(sp_trainer_create(comm, config, parts, &t));
  sp_status status = sp_checkpoint_load(comm, path, &t->shards, &t->state);
  if (status == SP_OK) sp_trainer_use_moments(t);
  const sp_rows *rows = which == TEST ? &t->feed.test_rows
                        : which == VALIDATION ? &t->feed.validation_rows
                                              : &t->feed.train_rows;
  if (status == SP_OK) status = sp_trainer_evaluate(t, rows, &scores);
  if (status == SP_OK && comm->rank == 0) {
    sp_info("%s, step %lld, %lld rows", path, (long long)t->state.progress.step, (long long)rows->count);
    print_scores(&scores, t->state.progress.step, rows->count, given->json);
  }
  sp_trainer_free(t);
  return status;
}

static sp_status eval(const sp_comm *comm, const void *given) {
  char path[PATH_MAX] = "";
  sp_run_config config;
  SP_TRY(find_checkpoint(comm, given, path, &config));
  sp_status status = score(comm, given, path, &config);
  sp_run_config_free(&config);
  return status;
}

int sp_command_eval(int argc, char **argv) {
  arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_on_ranks(&usage, groups, 1, argc, argv, eval, &given);
}
