// SPDX-License-Identifier: Apache-2.0
// shardprop verify: check whether checkpoints are intact, and list the damage.
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/text.h"
#include "base/visible.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_verify.h"
#include "cli/command.h"

typedef struct verify_arguments {
  sp_strings path;
  bool json;
} verify_arguments;

#define AT(member) offsetof(verify_arguments, member)
static const sp_option options[] = {{.name = "path",
                                     .kind = SP_OPTION_STRINGS,
                                     .offset = AT(path),
                                     .unit = "run|checkpoint",
                                     .flags = SP_OPTION_POSITIONAL,
                                     .help = "run directories (all their checkpoints) or checkpoints"},
                                    {.name = "json",
                                     .letter = 'j',
                                     .kind = SP_OPTION_BOOL,
                                     .offset = AT(json),
                                     .preset = "false",
                                     .help = "print one JSON object, on one line"},
                                    {0}};

static const sp_usage usage = {
    .command = "verify",
    .synopsis = "shardprop verify RUN|CHECKPOINT... [--json]",
    .details =
        "Read each checkpoint completely and compare it with its checksums. Prints on stdout whether it is intact,\n"
        "or the damage by file, vector, block (of 4,096 values) and tensor. The exit status is 0 if all checkpoints\n"
        "are intact, 1 if any is damaged or has the format of another version of shardprop. A run continues from\n"
        "its newest intact checkpoint.",
    .example = "shardprop verify runs/fashion-mnist"};

typedef struct verification {
  bool json;
  int64_t intact, damaged, other;  // number of checkpoints; other: of the format of another version
  sp_text out;                     // output for all checkpoints
  sp_text found;                   // damage of the present one
} verification;

static void tell_text(const sp_damage *d, sp_text *out) {
  sp_visible_format(out, "  %s: ", d->file);
  if (d->blocks == 1) {
    sp_visible_format(out, "%s: block %" PRId64 " (%s): ", d->vector, d->first, d->tensors);
  } else if (d->blocks > 1) {
    sp_visible_format(out, "%s: blocks %" PRId64 " to %" PRId64 " (%s): ", d->vector, d->first,
                      d->first + d->blocks - 1, d->tensors);
  }
  sp_visible_add(out, d->what);
  sp_text_append(out, "\n", 1);
}

static void tell_json(const sp_damage *d, sp_text *out) {
  sp_text_add(out, "%s{\"file\": ", out->size ? ", " : "");
  sp_text_add_json(out, d->file);
  if (d->blocks > 0) {
    sp_text_add(out, ", \"vector\": ");
    sp_text_add_json(out, d->vector);
    sp_text_add(out, ", \"first_block\": %" PRId64 ", \"blocks\": %" PRId64 ", \"tensors\": ", d->first, d->blocks);
    sp_text_add_json(out, d->tensors);
  }
  sp_text_add(out, ", \"what\": ");
  sp_text_add_json(out, d->what);
  sp_text_add(out, "}");
}

static void tell(void *context, const sp_damage *damage) {
  verification *v = context;
  (v->json ? tell_json : tell_text)(damage, &v->found);
}

static int64_t count_of(const verification *v) { return v->intact + v->damaged + v->other; }

/// Returns the last error message without the checkpoint and the manifest that it is about.
static const char *without_path(const char *path) {
  char prefix[PATH_MAX + 32];
  const char *message = sp_error_message();
  snprintf(prefix, sizeof prefix, "checkpoint %s: manifest: ", path);
  return strncmp(message, prefix, strlen(prefix)) == 0 ? message + strlen(prefix) : message;
}

/// A checkpoint that the run removes meanwhile, because it has newer ones, is skipped.
static void verify_checkpoint(verification *v, const char *path) {
  sp_text_free(&v->found);
  sp_status status = sp_checkpoint_examine(path, tell, v);
  if (status != SP_OK && !sp_file_exists(path)) return;
  const bool other = status == SP_ERR_CONFIG;  // of the format of another version
  if (status != SP_OK && status != SP_ERR_CORRUPT) {
    tell(v, &(sp_damage){.file = other ? "manifest" : path, .tensors = "", .what = without_path(path)});
  }
  if (v->json) {
    sp_text_add(&v->out, "%s{\"checkpoint\": ", count_of(v) > 0 ? ", " : "");
    sp_text_add_json(&v->out, path);
    sp_text_add(&v->out, ", \"whole\": %s, \"damage\": [%s], \"other_version\": %s}",
                status == SP_OK ? "true" : "false", sp_text_string(&v->found), other ? "true" : "false");
  } else {
    sp_text_add(&v->out, "%s  ", status == SP_OK ? "intact " : other ? "other version" : "damaged");
    sp_visible_add(&v->out, path);
    sp_text_add(&v->out, "\n%s", sp_text_string(&v->found));
  }
  *(status == SP_OK ? &v->intact : other ? &v->other : &v->damaged) += 1;
}

/// Verify all checkpoints in a directory, the newest first. *any: there are some.
static sp_status verify_all(verification *v, const char *directory, bool *any) {
  int64_t *step, count;
  SP_TRY(sp_checkpoint_list(directory, &step, &count));
  for (int64_t i = 0; i < count; i++) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/step-%09" PRId64, directory, step[i]) < PATH_MAX) verify_checkpoint(v, path);
  }
  *any = count > 0;
  free(step);
  return SP_OK;
}

/// Verify a run, a directory of checkpoints, a checkpoint (however damaged), or its state.h5.
static sp_status verify_path(verification *v, const char *given) {
  char path[PATH_MAX], inside[PATH_MAX];
  size_t length = strlen(given), state = strlen("/state.h5");
  struct stat about;
  bool any = false;
  if (length + 2 * SP_CHECKPOINT_NAME >= sizeof path) return sp_fail(SP_ERR_USAGE, "%s: the path is too long", given);
  if (!sp_file_exists(given)) return sp_fail(SP_ERR_USAGE, "%s: no such run or checkpoint", given);
  snprintf(path, sizeof path, "%s", given);
  if (length > state && strcmp(path + length - state, "/state.h5") == 0) path[length - state] = '\0';
  static const char *const files[] = {"manifest", "state.h5", "node-0000.h5"};
  for (int i = 0; i < 3; i++) {
    snprintf(inside, sizeof inside, "%.*s/%s", PATH_MAX - SP_CHECKPOINT_NAME, path, files[i]);
    if (!sp_file_exists(inside)) continue;
    verify_checkpoint(v, path);
    return SP_OK;
  }
  if (sp_file_regular(path) && sp_checkpoint_find(given, path) == SP_OK) {  // `last` where there are no symbolic links
    verify_checkpoint(v, path);
    return SP_OK;
  }
  snprintf(inside, sizeof inside, "%.*s/checkpoints", PATH_MAX - SP_CHECKPOINT_NAME, path);
  if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
    SP_TRY(verify_all(v, sp_file_exists(inside) ? inside : path, &any));
  }
  return any ? SP_OK : sp_fail(SP_ERR_USAGE, "%s: there is no checkpoint", given);
}

static sp_status verify(const void *context) {
  const verify_arguments *given = context;
  verification v = {.json = given->json};
  sp_status status = SP_OK;
  for (int64_t i = 0; i < given->path.count && status == SP_OK; i++) status = verify_path(&v, given->path.item[i]);
  if (v.json) {
    printf("{\"whole\": %s, \"checkpoints\": [%s]}\n", v.damaged + v.other > 0 || status != SP_OK ? "false" : "true",
           sp_text_string(&v.out));
  } else {
    sp_visible_print(sp_text_string(&v.out));
  }
  sp_text_free(&v.out);
  sp_text_free(&v.found);
  if (status != SP_OK || v.damaged + v.other == 0) return status;
  char all[SP_TEXT_COUNTED];
  sp_text_counted(count_of(&v), "checkpoint", all);
  if (v.other == 0) return sp_fail(SP_ERR_CORRUPT, "damaged: %" PRId64 " of %s", v.damaged, all);
  if (v.damaged == 0) {
    return sp_fail(SP_ERR_CORRUPT, "of another version of shardprop: %" PRId64 " of %s", v.other, all);
  }
  return sp_fail(SP_ERR_CORRUPT, "damaged: %" PRId64 ", of another version of shardprop: %" PRId64 ", of %s", v.damaged,
                 v.other, all);
}

static int execute(int argc, char **argv) {
  verify_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, verify, &given);
}

const sp_command sp_command_verify = {.variant = {"verify", "check that checkpoints are intact, or list the damage"},
                                      .run = execute};
