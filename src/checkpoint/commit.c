// SPDX-License-Identifier: Apache-2.0
// The commit of a checkpoint.
#include "checkpoint/commit.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_verify.h"
#include "checkpoint/encode.h"

static sp_status write_manifest(const sp_commit *c, const char *image, size_t size) {
  char path[PATH_MAX + SP_PART_NAME];
  int64_t parts = c->layout->parts;
  sp_manifest manifest = {.parts = parts};
  sp_status status = sp_allocate(parts, sizeof *manifest.part, "manifest", &manifest.part);
  sp_manifest_set_state(&manifest, image, size);
  for (int64_t i = 0; i < parts && status == SP_OK; i++) {
    snprintf(manifest.part[i].file, SP_PART_NAME, "%s", c->layout->part[i].file);
    snprintf(path, sizeof path, "%s/%s", c->partial, c->layout->part[i].file);
    manifest.part[i].bytes = sp_file_size(path);
    if (manifest.part[i].bytes < 0) status = sp_file_error(path, "cannot be examined", errno);
  }
  sp_text text = {0};
  if (status == SP_OK) {
    sp_manifest_write(&manifest, &text);
    snprintf(path, sizeof path, "%s/manifest", c->partial);
    status = sp_file_write(path, text.data, text.size);
  }
  sp_text_free(&text);
  sp_manifest_free(&manifest);
  return status;
}

static sp_status write_state(const sp_commit *c) {
  char path[PATH_MAX + SP_PART_NAME], *image = NULL;
  size_t size;
  SP_TRY(sp_snapshot_encode(c->state, c->layout, c->checksum, &image, &size));
  snprintf(path, sizeof path, "%s/state.h5", c->partial);
  sp_status status = sp_file_write(path, image, size);
  if (status == SP_OK) status = write_manifest(c, image, size);
  free(image);
  return status;
}

static sp_status check_state(const sp_commit *c) {
  char *image = NULL;
  size_t size;
  sp_status status = sp_manifest_check(c->partial, &image, &size);
  free(image);
  return sp_context(status, "the data read back differ from the data written");
}

/// Rename the checkpoint to its final name. A damaged checkpoint of the same step is renamed first, so that no intact
/// checkpoint is ever missing.
static sp_status make_visible(const sp_commit *c, const char *final) {
  char aside[PATH_MAX + SP_CHECKPOINT_NAME];
  snprintf(aside, sizeof aside, "%s/.step-%09" PRId64 ".damaged", c->directory, c->state->progress.step);
  bool damaged = sp_file_exists(final);
  if (damaged) {
    SP_TRY(sp_directory_remove(aside));
    SP_TRY(sp_file_rename(final, aside));
  }
  SP_TRY(sp_file_rename(c->partial, final));
  return damaged ? sp_directory_remove(aside) : SP_OK;
}

static void retain(const sp_commit *c) {
  if (c->retention.keep > 0 && sp_checkpoint_retain(c->directory, &c->retention) != SP_OK)
    sp_warn("%s", sp_error_message());
}

sp_status sp_checkpoint_commit(const sp_commit *c) {
  char final[PATH_MAX + SP_CHECKPOINT_NAME];
  snprintf(final, sizeof final, "%s/step-%09" PRId64, c->directory, c->state->progress.step);
  SP_TRY(write_state(c));
  if (c->verify) SP_TRY(check_state(c));
  if (c->may_commit) SP_TRY(c->may_commit(c->context));
  if (sp_file_exists(final) && sp_checkpoint_verify(final) == SP_OK) {
    SP_TRY(sp_directory_remove(c->partial));
  } else {
    SP_TRY(make_visible(c, final));
  }
  // A job that was suspended until now may have been replaced by a newer one, which then owns the directory.
  if (c->may_commit) SP_TRY(c->may_commit(c->context));
  retain(c);
  return SP_OK;
}
