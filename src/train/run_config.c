// SPDX-License-Identifier: Apache-2.0
// The root option table, and the checks between sections.
#include "train/run_config.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/override.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "data/column_list.h"
#include "data/file_list.h"
#include "model/metric.h"
#include "optim/rule.h"
#include "supervise/deadline.h"

static const sp_option run_fields[] = {
    {"name", SP_OPTION_STRING, offsetof(sp_run_options, name), .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE,
     .help = "name of the run; default: the name of the configuration file without its ending"},
    {"directory", SP_OPTION_STRING, offsetof(sp_run_options, directory),
     .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE,
     .help = "directory of the run's checkpoints and records; default: runs/<name>"},
    {"seed", SP_OPTION_INT, offsetof(sp_run_options, seed), "1", "[0, 9223372036854775807]",
     .help = "seed of all random numbers, such as initial parameters and the row order"},
    {0}};

static const sp_option train_fields[] = {
    {"batch_size", SP_OPTION_INT, offsetof(sp_train_options, batch_size), "32", "[1, 1000000000]", .unit = "rows",
     .help = "size of a mini-batch, over all ranks; an update uses one mini-batch, or optimizer.accumulate of them"},
    {"epochs", SP_OPTION_INT, offsetof(sp_train_options, epochs), "10", "[0, 1000000000]",
     .help = "number of passes over the training rows", .flags = SP_OPTION_CHANGEABLE},
    {"steps", SP_OPTION_INT, offsetof(sp_train_options, steps), "none", "none|[0, 9223372036854775807]",
     .help = "number of updates after which the run is complete, even within an epoch", .flags = SP_OPTION_CHANGEABLE},
    {"lanes", SP_OPTION_INT, offsetof(sp_train_options, lanes), "auto", "auto|[1, 65536]",
     .help = "number of virtual workers, which is the largest number of ranks that the run can use (more stay idle); "
             "fixed at its first start. Rows are divided among lanes, and lanes among ranks; lanes cost little. auto: "
             "16, or "
             "the next power of two of at least four times the ranks of the first start if that is more, so that the "
             "run can "
             "grow; at most train.batch_size"},
    {"patience", SP_OPTION_INT, offsetof(sp_train_options, patience), "none", "none|[1, 1000000000]", .unit = "epochs",
     .help = "number of epochs without an improvement of the monitored score after which the run is complete",
     .flags = SP_OPTION_CHANGEABLE},
    {"monitor", SP_OPTION_STRING, offsetof(sp_train_options, monitor), "loss",
     .help = "validation score that determines the best checkpoint: loss or a score of model.metrics (`top_5` for "
             "`top_k: {k: 5}`, `f1` for `precision_recall`, `weighted_mae` for `mae: {weight: …}`)"},
    {"deadline", SP_OPTION_STRING, offsetof(sp_train_options, deadline), "auto",
     .help = "time limit; the run saves a checkpoint and stops shortly before it; auto: Slurm's time limit "
             "(SLURM_JOB_END_TIME), if there is one; none; a time ('2026-11-21 18:00:00'); or a duration from each "
             "start ('90 minutes')",
     .flags = SP_OPTION_CHANGEABLE},
    {"precision", SP_OPTION_CHOICE, offsetof(sp_train_options, precision), "float32", "float32|float64|bfloat16",
     .help = "precision of parameters and arithmetic; bfloat16: matrix products round their operands to bfloat16, "
             "everything else is float32 (requires oneDNN, and a CPU with avx512_bf16)"},
    {"pin", SP_OPTION_CHOICE, offsetof(sp_train_options, pin), "auto", "auto|none",
     .help = "pinning of ranks to cores; auto: each rank gets a share of its node's cores, unless mpirun, Slurm or "
             "taskset has pinned it; none: never",
     .flags = SP_OPTION_CHANGEABLE},
    {"watchdog", SP_OPTION_REAL, offsetof(sp_train_options, watchdog), "auto", "auto|[0, 10000000]", .unit = "seconds",
     .help = "time without progress of any rank after which the run is ended and the rank at fault is reported; auto: "
             "20 times the longest pause so far, but at least 5 minutes, or 30 minutes while files are loaded or "
             "saved; 0: never",
     .flags = SP_OPTION_CHANGEABLE},
    {"on_nonfinite", SP_OPTION_CHOICE, offsetof(sp_train_options, on_nonfinite), "stop", "stop|skip|rollback",
     .help = "action after a step whose loss or gradient is not finite; stop: stop the run; skip: skip the step (makes "
             "every update a little slower); rollback: load the newest checkpoint and skip the step when the run "
             "reaches it again",
     .flags = SP_OPTION_CHANGEABLE},
    {"nonfinite_limit", SP_OPTION_INT, offsetof(sp_train_options, nonfinite_limit), "10", "[0, 100]", .unit = "steps",
     .help = "largest number of steps that a run may skip; one more stops the run", .flags = SP_OPTION_CHANGEABLE},
    {"audit", SP_OPTION_INT, offsetof(sp_train_options, audit), "0", "[0, 1000000000]", .unit = "steps",
     .help =
         "number of steps between two audits, which check that all nodes have the same parameters and that all ranks "
         "compute the same gradient; 0: never",
     .flags = SP_OPTION_CHANGEABLE},
    {0}};

static const sp_option report_fields[] = {
    {"progress", SP_OPTION_REAL, offsetof(sp_report_options, progress), "5", "(0, 1000000]", .unit = "seconds",
     .help = "time between progress lines, if the output is not a terminal"},
    {"steps", SP_OPTION_INT, offsetof(sp_report_options, steps), "100", "[0, 1000000000]", .unit = "steps",
     .help = "number of steps between step records in metrics.jsonl; 0: none"},
    {0}};

#define SECTION(section, table, type, ...)                                                                       \
  {                                                                                                              \
#section, SP_OPTION_SECTION, offsetof(sp_run_config, section), .fields = table, .fields_size = sizeof(type), \
                                                                   __VA_ARGS__                                   \
  }

const sp_option sp_run_fields[] = {
    SECTION(run, run_fields, sp_run_options, .help = "name, directory and seed", .flags = 0),
    SECTION(data, sp_data_fields, sp_data_options, .help = "data sets, transforms and row order", .flags = 0),
    SECTION(model, sp_model_fields, sp_model_options, .help = "layers, loss and metrics, or an objective", .flags = 0),
    SECTION(optimizer, sp_optimizer_fields, sp_optimizer_options,
            .help = "update rule, learning rate and regularisation", .flags = 0),
    SECTION(train, train_fields, sp_train_options, .help = "batch size, length, precision, and actions on failures",
            .flags = 0),
    SECTION(exchange, sp_exchange_fields, sp_exchange_options,
            .help = "exchange of gradients and parameters between ranks", .flags = SP_OPTION_CHANGEABLE),
    SECTION(checkpoint, sp_checkpoint_fields, sp_checkpoint_options, .help = "times and retention of checkpoints",
            .flags = SP_OPTION_CHANGEABLE),
    SECTION(report, report_fields, sp_report_options, .help = "progress lines and records",
            .flags = SP_OPTION_CHANGEABLE),
    {0}};

// --- checks between options ---------------------------------------------------------------------------------------

static sp_status check_model(const sp_run_config *config) {
  const sp_model_options *m = config->model;
  const sp_document *document = config->document;
  bool layers = m->layers.count > 0 || m->loss.type;
  if (m->objective && layers) {
    return sp_document_fail(document, "model.objective",
                            "replaces model.layers and model.loss: remove one or the other");
  }
  if (m->inputs.count > 1) {
    return sp_document_fail(document, "model.inputs", "expected one input, got %lld: a network reads one column",
                            (long long)m->inputs.count);
  }
  if (m->objective && (m->metrics.count > 0 || m->inputs.count > 0)) {
    return sp_document_fail(document, m->metrics.count > 0 ? "model.metrics" : "model.inputs",
                            "applies to layers; an objective has scores and shapes of its own");
  }
  if (!m->objective && !sp_document_find(document, "model.layers")) {
    return sp_document_fail(document, "model.layers", "missing, expected a list (or model.objective)");
  }
  if (!m->objective && !m->loss.type) {
    return sp_document_fail(document, "model.loss",
                            "missing, expected a loss: shardprop help loss (or model.objective)");
  }
  if (!m->objective && !config->data->train) {
    return sp_document_fail(document, "data.train",
                            "missing, expected the file and columns of the training rows (only an objective can be "
                            "trained without data)");
  }
  if (config->data->train && config->data->rows != SP_AUTO) {
    return sp_document_fail(document, "data.rows", "applies to runs without data.train only: remove one of them");
  }
  return SP_OK;
}

static sp_status check_validation(const sp_run_config *config) {
  const sp_validation_options *v = config->data->validation;
  if (!v) return SP_OK;
  const char *path = "data.validation";
  const sp_data_source_options *source = &v->source;
  bool any = source->file.count > 0 || source->features || source->targets || source->columns.count > 0;
  if (any && v->fraction > 0) {
    return sp_document_fail(config->document, path, "has both a fraction and a file: remove one of them");
  }
  if (!any && v->fraction == 0) {
    return sp_document_fail(config->document, path, "expected a fraction above 0, or a file and columns");
  }
  return SP_OK;
}

static sp_status check_lanes(const sp_run_config *config) {
  const sp_train_options *train = config->train;
  if (train->lanes != SP_AUTO && train->lanes > train->batch_size) {
    char rows[SP_TEXT_COUNTED], lanes[SP_TEXT_COUNTED];
    return sp_document_fail(config->document, "train.batch_size",
                            "%s %s too few for %s: each lane needs at least one row",
                            sp_text_counted(train->batch_size, "row", rows), train->batch_size == 1 ? "is" : "are",
                            sp_text_counted(train->lanes, "lane", lanes));
  }
  return SP_OK;
}

static sp_status check_monitor(const sp_run_config *config) {
  const char *monitor = config->train->monitor;
  char name[SP_METRIC_NAME];
  sp_text scores = {0};
  bool found = strcmp(monitor, "loss") == 0 || config->model->objective;  // whose scores are not known yet
  for (int64_t i = 0; i < config->model->metrics.count; i++) {
    const sp_selected *metric = &config->model->metrics.item[i];
    for (int score = 0; score < sp_metric_scores(metric); score++) {
      sp_text_add(&scores, ", %s", sp_metric_name(&config->model->metrics, i, score, name));
      found = found || strcmp(monitor, name) == 0;
    }
  }
  sp_status status = SP_OK;
  if (!found) {
    status = sp_document_fail(config->document, "train.monitor",
                              "expected one of the scores loss%s (others can be added to "
                              "model.metrics); got '%s'",
                              sp_text_string(&scores), monitor);
  }
  sp_text_free(&scores);
  return status;
}

static sp_status check_deadline(const sp_run_config *config) {
  if (sp_deadline_check(config->train->deadline) == SP_OK) return SP_OK;
  return sp_document_fail(config->document, "train.deadline", "%s", sp_error_message());
}

static sp_status check_optimizer(const sp_run_config *config) {
  if (sp_schedule_follows_scores(config->optimizer->schedule) && !config->data->validation) {
    return sp_document_fail(config->document, "optimizer.schedule.plateau", "requires data.validation");
  }
  sp_status status = sp_optimizer_check_options(config->optimizer, sp_run_precision(config));
  return sp_document_locate(config->document, status);
}

static sp_status check(const sp_run_config *config) {
  SP_TRY(check_model(config));
  SP_TRY(check_validation(config));
  SP_TRY(sp_data_check_columns(config->data, config->document));
  SP_TRY(check_lanes(config));
  SP_TRY(check_monitor(config));
  SP_TRY(check_deadline(config));
  if (config->train->patience != SP_AUTO && !config->data->validation) {
    return sp_document_fail(config->document, "train.patience", "requires data.validation");
  }
  return check_optimizer(config);
}

// --- reading ------------------------------------------------------------------------------------------------------

static sp_status resolve(sp_document *written, sp_run_config *config) {
  SP_TRY(sp_document_resolve(written, sp_run_fields, &config->document));
  sp_document_read(config->document, sp_run_fields, config);
  return check(config);
}

/// Check a run's name, which is part of paths: a run is in runs/<name> by default, and files are named after it.
static sp_status check_name(const sp_run_config *config, const char *name) {
  enum { LONGEST = 200 };  // bytes
  const char *fault = NULL;
  if (!*name)
    fault = "is empty";
  else if (strlen(name) > LONGEST)
    fault = "is longer than 200 bytes";
  else if (*name == '-')
    fault = "begins with '-'";
  else if (isspace((unsigned char)*name) || isspace((unsigned char)name[strlen(name) - 1]))
    fault = "begins or ends with a blank";
  for (const char *c = name; *c && !fault; c++) {
    if (iscntrl((unsigned char)*c)) fault = "contains a control character";
  }
  const char *part = name;
  while (!fault && part) {  // a/b is a run in a directory a
    size_t length = strcspn(part, "/");
    if (length == 0) fault = "has an empty component";
    if ((length == 1 && *part == '.') || (length == 2 && strncmp(part, "..", 2) == 0))
      fault = "has a component '.' or '..'";
    part = part[length] ? part + length + 1 : NULL;
  }
  if (!fault) return SP_OK;
  return sp_document_fail(config->document, "run.name", "'%.300s' %s: expected a name for a directory below runs/",
                          name, fault);
}

/// Returns whether the path leaves a directory that does not exist, as in missing/../other: that would be another path once
/// the directory exists.
static bool leaves_missing(const char *path) {
  char before[sizeof((sp_run_config *)NULL)->directory];
  for (const char *part = path; *part;) {
    size_t length = strcspn(part, "/");
    if (length == 2 && strncmp(part, "..", 2) == 0 && part > path) {
      snprintf(before, sizeof before, "%.*s", (int)(part - path), path);
      if (!sp_file_exists(before)) return true;
    }
    part += length + (part[length] == '/');
  }
  return false;
}

/// Check the run's directory. It is used by this run only, so its path does not end in a component that stands for the
/// working directory or for a directory above.
static sp_status check_directory(const sp_run_config *config) {
  const char *path = config->directory, *end = path + strlen(path);
  while (end > path && end[-1] == '/') end--;
  const char *begin = end;
  while (begin > path && begin[-1] != '/') begin--;
  bool dots = (end - begin == 1 && *begin == '.') || (end - begin == 2 && strncmp(begin, "..", 2) == 0);
  if (sp_file_same(path, "/")) {
    return sp_document_fail(config->document, "run.directory",
                            "'%s' is the root of the file system: expected a directory used by this run only", path);
  }
  if (dots) {
    return sp_document_fail(config->document, "run.directory",
                            "'%s' ends in '%.*s': expected the name of a directory used by this run only", path,
                            (int)(end - begin), begin);
  }
  if (leaves_missing(path)) {
    return sp_document_fail(config->document, "run.directory", "'%s' leaves a directory that does not exist by '..'",
                            path);
  }
  return SP_OK;
}

static sp_status find_place(const char *source, sp_run_config *config) {
  const char *slash = strrchr(source, '/'), *name = config->run->name;
  if (name && strlen(name) >= sizeof config->name) return check_name(config, name);
  snprintf(config->name, sizeof config->name, "%s", name ? name : slash ? slash + 1 : source);
  char *dot = strrchr(config->name, '.');
  if (!name && dot && dot != config->name) *dot = '\0';
  const char *directory = config->run->directory;
  if (name || !directory) SP_TRY(check_name(config, config->name));
  int length = directory ? snprintf(config->directory, sizeof config->directory, "%s", directory)
                         : snprintf(config->directory, sizeof config->directory, "runs/%s", config->name);
  if (length >= (int)sizeof config->directory || length == 0) {
    return sp_document_fail(config->document, "run.directory", "expected a path of 1 to %d characters, got %d",
                            (int)sizeof config->directory - 1, length);
  }
  return check_directory(config);
}

sp_status sp_run_config_read(const char *text, size_t size, const char *source, const char *const *overrides, int count,
                             sp_run_config *out) {
  sp_document *written;
  sp_run_config config = {0};
  SP_TRY(sp_document_parse(text, size, source, &written));
  sp_status status = SP_OK;
  for (int i = 0; i < count && status == SP_OK; i++) status = sp_document_set(written, sp_run_fields, overrides[i]);
  if (status == SP_OK) status = resolve(written, &config);
  if (status == SP_OK) status = find_place(source, &config);
  sp_document_free(written);
  if (status == SP_OK) {
    *out = config;
  } else {
    sp_run_config_free(&config);
  }
  return status;
}

/// Refuse an output that is one of the files. A pattern that matches no file is no error here.
static sp_status check_each_output(const sp_strings *patterns, const void *output) {
  sp_arena *arena = sp_arena_create();
  sp_strings files = {0};
  sp_status status = SP_OK;
  if (sp_file_list(patterns, arena, &files) != SP_OK) files.count = 0;
  for (int64_t i = 0; i < files.count && status == SP_OK; i++) status = sp_file_check_output(output, files.item[i]);
  sp_arena_free(arena);
  return status;
}

sp_status sp_run_config_check_output(const sp_run_config *config, const char *output) {
  return sp_data_each_file(config->data, check_each_output, output);
}

int64_t sp_run_lanes(const sp_run_config *config, int64_t ranks) {
  enum { LEAST = 16, ROOM = 4, MOST = 65536 };
  const int64_t batch = config->train->batch_size;
  int64_t lanes = LEAST;
  if (config->train->lanes != SP_AUTO) return config->train->lanes;
  while (lanes < ROOM * ranks && lanes < MOST) lanes *= 2;
  return lanes < batch ? lanes : batch;
}

sp_status sp_run_config_choose_lanes(sp_run_config *config, int64_t ranks) {
  return config->train->lanes != SP_AUTO ? SP_OK : sp_run_config_set_lanes(config, sp_run_lanes(config, ranks));
}

sp_status sp_run_config_set_lanes(sp_run_config *config, int64_t lanes) {
  char number[32];
  snprintf(number, sizeof number, "%lld", (long long)lanes);
  sp_run_config again = {0};
  const char *before = sp_document_settle(config->document, "train.lanes", number);
  sp_status status = resolve(config->document, &again);
  if (status != SP_OK) {
    sp_document_settle(config->document, "train.lanes", before);
    sp_run_config_free(&again);
    return status;
  }
  memcpy(again.name, config->name, sizeof again.name);
  memcpy(again.directory, config->directory, sizeof again.directory);
  sp_run_config_free(config);
  *config = again;
  return SP_OK;
}

int64_t sp_run_steps(const sp_run_config *config, int64_t epoch_steps) {
  const sp_train_options *train = config->train;
  int64_t steps;
  if (!sp_multiply_size(train->epochs, epoch_steps, &steps)) steps = INT64_MAX;
  return train->steps != SP_AUTO && train->steps < steps ? train->steps : steps;
}

void sp_run_config_free(sp_run_config *config) {
  sp_document_free(config->document);
  *config = (sp_run_config){0};
}
