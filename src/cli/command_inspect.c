// SPDX-License-Identifier: Apache-2.0
// shardprop inspect: show the contents of a run, a checkpoint or an HDF5 data set.
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"
#include "base/visible.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_hash.h"
#include "checkpoint/checkpoint_inspect.h"
#include "cli/command.h"
#include "config/parse.h"
#include "config/tree.h"
#include "hdf5/hdf5_list.h"

typedef struct inspect_arguments {
  const char *path;
  bool config, bytes, hash, json;
} inspect_arguments;

#define AT(member) offsetof(inspect_arguments, member)
static const sp_option options[] = {
    {.name = "path",
     .kind = SP_OPTION_STRING,
     .offset = AT(path),
     .unit = "run|checkpoint|file",
     .flags = SP_OPTION_POSITIONAL,
     .help =
         "run directory (its best checkpoint if the run validates, otherwise its last one), checkpoint, or HDF5 file"},
    {.name = "config",
     .letter = 'c',
     .kind = SP_OPTION_BOOL,
     .offset = AT(config),
     .preset = "false",
     .help = "print the configuration stored in the checkpoint"},
    {.name = "bytes",
     .letter = 'b',
     .kind = SP_OPTION_BOOL,
     .offset = AT(bytes),
     .preset = "false",
     .help = "print the raw bytes of the parameters and the optimizer state"},
    {.name = "hash",
     .kind = SP_OPTION_BOOL,
     .offset = AT(hash),
     .preset = "false",
     .help = "print the SHA-256 of the parameters and the optimizer state"},
    {.name = "json",
     .letter = 'j',
     .kind = SP_OPTION_BOOL,
     .offset = AT(json),
     .preset = "false",
     .help = "print one JSON object, on one line"},
    {0}};

static const sp_usage usage = {
    .command = "inspect",
    .synopsis = "shardprop inspect RUN|CHECKPOINT|FILE [--config | --bytes | --hash | --json]",
    .details =
        "Print the contents of a checkpoint or an HDF5 file on stdout: tensors or data sets with\n"
        "their types and shapes, and the progress of a run. Runs with the same bits have the same --hash,\n"
        "on whatever machines and numbers of ranks they ran.",
    .example = "shardprop inspect runs/fashion_mnist --hash"};

// --- data sets ----------------------------------------------------------------------------------------------------

static sp_status inspect_data(const char *path, bool json) {
  sp_text list = {0};
  sp_status status = sp_hdf5_list(path, json, &list);
  if (status == SP_OK && json) {
    sp_text name = {0};
    sp_text_add_json(&name, path);
    printf("{\"file\": %s, \"data_sets\": [%s]}\n", name.data, sp_text_string(&list));
    sp_text_free(&name);
  } else if (!json && list.size > 0) {
    sp_visible_print(list.data);
  } else if (status == SP_OK) {
    fputs("no data sets\n", stdout);
  }
  sp_text_free(&list);
  return status;
}

// --- checkpoints --------------------------------------------------------------------------------------------------

/// Write the best score and its name, which the configuration of the checkpoint has.
static void print_best(const sp_checkpoint_about *about) {
  sp_document *config;
  const sp_yaml_node *monitor = NULL;
  bool read = sp_document_parse(about->config, strlen(about->config), "configuration", &config) == SP_OK;
  if (read) monitor = sp_document_find(config, "train.monitor");
  sp_visible_line("best        validation %s %.6g at step %lld", monitor ? monitor->text : "score",
                  about->progress.best_value, (long long)about->progress.best_step);
  if (read) sp_document_free(config);
}

static void print_about(const char *path, const sp_checkpoint_about *about) {
  char seconds[32], rows[32], values[SP_TEXT_COUNTED], lanes[SP_TEXT_COUNTED], parts[SP_TEXT_COUNTED];
  const sp_progress *p = &about->progress;
  sp_visible_line("checkpoint  %s", path);
  printf("step        %lld", (long long)p->step);
  if (p->epoch_step > 0) {
    printf(" (step %lld of epoch %lld)\n", (long long)p->epoch_step, (long long)p->epoch + 1);
  } else {
    printf(p->epoch > 0 ? " (end of epoch %lld)\n" : "\n", (long long)p->epoch);
  }
  printf("rows seen   %s in %s\n", sp_text_count(p->rows_seen, rows), sp_text_duration(p->seconds, seconds));
  if (p->best_step >= 0) print_best(about);
  printf("state       %s of %s, %s, seed %llu, %s\n", sp_text_counted(about->blocks * SP_BLOCK, "value", values),
         sp_dtype_name(about->precision), sp_text_counted(about->lanes, "lane", lanes), (unsigned long long)about->seed,
         sp_text_counted(about->parts, "part", parts));
  if (about->arithmetic > 0) printf("arithmetic  version %d\n", about->arithmetic);
  sp_visible_line("written by  %s", about->versions);
  printf("\n");
}

static void add_real(sp_text *out, const char *name, double value) {
  sp_text_add(out, ", \"%s\": ", name);
  sp_text_add_json_number(out, value, 17);
}

/// Epochs are numbered from 1 in the output.
static void add_about(const char *path, const sp_checkpoint_about *about, sp_text *out) {
  const sp_progress *p = &about->progress;
  sp_text_add(out, "{\"checkpoint\": ");
  sp_text_add_json(out, path);
  sp_text_add(out, ", \"step\": %lld, \"epoch\": %lld, \"epoch_step\": %lld, \"rows_seen\": %lld", (long long)p->step,
              (long long)p->epoch + 1, (long long)p->epoch_step, (long long)p->rows_seen);
  add_real(out, "seconds", p->seconds);
  add_real(out, "validation_loss", p->validation_loss);
  add_real(out, "best_value", p->best_value);
  sp_text_add(out,
              ", \"best_step\": %lld, \"values\": %lld, \"precision\": \"%s\", \"lanes\": %lld, \"seed\": %llu, "
              "\"parts\": %lld, \"arithmetic\": %d, \"versions\": ",
              (long long)p->best_step, (long long)(about->blocks * SP_BLOCK), sp_dtype_name(about->precision),
              (long long)about->lanes, (unsigned long long)about->seed, (long long)about->parts, about->arithmetic);
  sp_text_add_json(out, about->versions);
  sp_text_add(out, ", \"config\": ");
  sp_text_add_json(out, about->config);
}

static sp_status print_json(const char *path, const sp_checkpoint_about *about) {
  sp_text out = {0};
  add_about(path, about, &out);
  sp_text_add(&out, ", \"tensors\": ");
  sp_status status = sp_checkpoint_add_tensors(path, &out);
  if (status == SP_OK) printf("%s}\n", out.data);
  sp_text_free(&out);
  return status;
}

static sp_status print_hash(const char *path) {
  char hash[SP_CHECKPOINT_HASH];
  SP_TRY(sp_checkpoint_hash(path, hash));
  printf("%s\n", hash);
  return SP_OK;
}

static sp_status inspect_checkpoint(const char *path, const inspect_arguments *given) {
  sp_checkpoint_about about;
  if (given->bytes) return sp_checkpoint_print(path, true);
  if (given->hash) return print_hash(path);
  SP_TRY(sp_checkpoint_inspect(path, &about));
  sp_status status = SP_OK;
  if (given->json) {
    status = print_json(path, &about);
  } else if (given->config) {
    sp_visible_print(about.config);
  } else {
    print_about(path, &about);
    status = sp_checkpoint_print(path, false);
  }
  sp_checkpoint_about_free(&about);
  return status;
}

static sp_status inspect(const void *context) {
  const inspect_arguments *given = context;
  char path[PATH_MAX];
  if (!sp_file_exists(given->path)) return sp_fail(SP_ERR_USAGE, "%s: no such file, run or checkpoint", given->path);
  if (given->config + given->bytes + given->hash + given->json > 1)
    return sp_fail(SP_ERR_USAGE, "expected at most one of --config, --bytes, --hash and --json");
  if (sp_checkpoint_find(given->path, path) == SP_OK) return inspect_checkpoint(path, given);
  if (given->config || given->bytes || given->hash) return sp_fail(SP_ERR_USAGE, "%s", sp_error_message());
  return inspect_data(given->path, given->json);
}

static int execute(int argc, char **argv) {
  inspect_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, inspect, &given);
}

const sp_command sp_command_inspect = {
    .variant = {"inspect", "show the contents of a run, a checkpoint or an HDF5 file"}, .run = execute};
