// SPDX-License-Identifier: Apache-2.0
// shardprop diff: compare two checkpoints.
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
     .help = "run directory (its best checkpoint if the run validates, otherwise its last one) or checkpoint"},
    {.name = "b",
     .kind = SP_OPTION_STRING,
     .offset = AT(b),
     .flags = SP_OPTION_POSITIONAL,
     .help = "run directory or checkpoint to compare with"},
    {0}};

static const sp_usage usage = {
    .command = "diff",
    .synopsis = "shardprop diff A B",
    .details =
        "Compare the parameters, the optimizer state and the progress of two checkpoints. For each tensor that\n"
        "differs in any bit, prints on stdout the number of values that differ, the first of them, and the largest\n"
        "difference, absolute and relative to the larger value. Differences in training time, versions and\n"
        "configuration are printed, too, but do not count. The exit status is 0 if all bits are equal, 1 if not.",
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

/// Report differences of the configurations, which checkpoints with the same bits may have. If this version cannot read
/// one of them, report only that they differ.
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
    if (left.arithmetic != right.arithmetic) {
      sp_visible_line("arithmetic: version %d | version %d", left.arithmetic, right.arithmetic);
    }
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
  char a[PATH_MAX], b[PATH_MAX], count[SP_TEXT_COUNTED];
  int64_t tensors = 0, values;
  bool equal;
  const sp_diff_report report = {&tensors, show_property, show_tensor};
  SP_TRY(sp_checkpoint_find(given->a, a));
  SP_TRY(sp_checkpoint_find(given->b, b));
  SP_TRY(sp_checkpoint_diff(a, b, &report, &equal, &values));
  SP_TRY(show_about(a, b));
  if (equal) sp_visible_line("equal: %s and the progress", sp_text_counted(values, "value", count));
  if (equal) return SP_OK;
  if (values == 0) return sp_fail(SP_ERR_DATA, "%s and %s belong to different models", a, b);
  return sp_fail(SP_ERR_DATA, "%s and %s differ: %s with different values", a, b,
                 sp_text_counted(tensors, "tensor", count));
}

static int execute(int argc, char **argv) {
  diff_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, diff, &given);
}

const sp_command sp_command_diff = {.variant = {"diff", "compare two checkpoints bit by bit and list the differences"},
                                    .run = execute};
