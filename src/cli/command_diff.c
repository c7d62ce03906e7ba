// SPDX-License-Identifier: Apache-2.0
// shardprop diff: where two checkpoints differ.
#include "checkpoint/checkpoint_diff.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "base/visible.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_inspect.h"
#include "cli/command.h"
#include "config/compare.h"
#include "train/run_config.h"

typedef struct diff_arguments {
  const char *a, *b;
} diff_arguments;

#define AT(member) offsetof(diff_arguments, member)
static const sp_option options[] = {
    {.name = "a",
     .kind = SP_OPTION_STRING,
     .offset = AT(a),
     .flags = SP_OPTION_POSITIONAL,
     .help = "a run (its best or last checkpoint) or a checkpoint"},
    {.name = "b", .kind = SP_OPTION_STRING, .offset = AT(b), .flags = SP_OPTION_POSITIONAL, .help = "another one"},
    {0}};

static const sp_usage usage = {
    .command = "diff",
    .synopsis = "shardprop diff A B",
    .details =
        "Compare two checkpoints: parameters, optimizer state and progress. On stdout, for each tensor that is not\n"
        "the same bits: how many values differ, the first of them, and the largest difference, absolute and\n"
        "relative to the larger value. The exit status is 0 when all bits are equal, 1 when not. Time spent,\n"
        "versions and configuration may differ; that is reported.",
    .example = "shardprop diff runs/here/checkpoints/last runs/there/checkpoints/last"};

static void show_property(void *context, const char *name, const char *a, const char *b) {
  (void)context;
  sp_visible_line("%s: %s | %s", name, a, b);
}

static void show_tensor(void *context, const sp_tensor_difference *d) {
  char values[32], all[32];
  int64_t *tensors = context;
  ++*tensors;
  sp_text first = {0};
  for (int i = 0; i < d->tensor->shape.rank; i++) sp_text_add(&first, i ? ", %lld" : "%lld", (long long)d->first[i]);
  sp_visible_line("%s%s/%s: %s of %s values differ, first [%s]: %.9g | %.9g; largest difference %.3g, relative %.3g",
                  strcmp(d->vector, "parameters") == 0 ? "" : "optimizer/", d->vector, d->tensor->name,
                  sp_text_count(d->values, values), sp_text_count(d->tensor->count, all), sp_text_string(&first), d->a,
                  d->b, d->absolute, d->relative);
  sp_text_free(&first);
}

static void show_option(const sp_difference *d, void *context) {
  (void)context;
  sp_visible_line("configuration: %s: %s | %s", d->path, d->before, d->after);
}

/// What may differ in checkpoints of the same bits. Texts that this version does not understand are told to differ.
static void show_config(const char *a, const char *b) {
  sp_run_config left = {0}, right = {0};
  if (strcmp(a, b) == 0) return;
  bool understood = sp_run_config_read(a, strlen(a), "A", NULL, 0, &left) == SP_OK &&
                    sp_run_config_read(b, strlen(b), "B", NULL, 0, &right) == SP_OK;
  if (understood) {
    sp_document_compare(left.document, right.document, sp_run_fields, show_option, NULL);
  } else {
    sp_visible_line("configuration: differs");
  }
  sp_run_config_free(&left);
  sp_run_config_free(&right);
}

static sp_status show_about(const char *a, const char *b) {
  sp_checkpoint_about left, right;
  SP_TRY(sp_checkpoint_inspect(a, &left));
  sp_status status = sp_checkpoint_inspect(b, &right);
  if (status == SP_OK) {
    if (strcmp(left.versions, right.versions) != 0) {
      sp_visible_line("written by: %s | %s", left.versions, right.versions);
    }
    show_config(left.config, right.config);
    sp_checkpoint_about_free(&right);
  }
  sp_checkpoint_about_free(&left);
  return status;
}

static sp_status diff(const void *context) {
  const diff_arguments *given = context;
  char a[PATH_MAX], b[PATH_MAX], count[32];
  int64_t tensors = 0, values;
  bool equal;
  const sp_diff_report report = {&tensors, show_property, show_tensor};
  SP_TRY(sp_checkpoint_find(given->a, a));
  SP_TRY(sp_checkpoint_find(given->b, b));
  SP_TRY(sp_checkpoint_diff(a, b, &report, &equal, &values));
  SP_TRY(show_about(a, b));
  if (equal) sp_visible_line("equal: %s values, and where the run stands", sp_text_count(values, count));
  if (equal) return SP_OK;
  if (values == 0) return sp_fail(SP_ERR_DATA, "%s and %s are of different models", a, b);
  return sp_fail(SP_ERR_DATA, "%s and %s differ, in the values of %lld tensors", a, b, (long long)tensors);
}

static int execute(int argc, char **argv) {
  diff_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, diff, &given);
}

const sp_command sp_command_diff = {
    .variant = {"diff", "compare two checkpoints: the same bits, or what differs and by how much"}, .run = execute};
