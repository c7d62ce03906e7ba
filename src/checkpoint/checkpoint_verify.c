// SPDX-License-Identifier: Apache-2.0
// Verification of a checkpoint.
#include "checkpoint/checkpoint_verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "checkpoint/decode.h"
#include "checkpoint/part.h"
#include "checkpoint/tensors.h"

typedef struct examination {
  const char *path;
  void (*tell)(void *context, const sp_damage *damage);
  void *context;
  sp_text files;  // "|node-0001.h5|": files that are already reported
  sp_text first;  // message of the first damage
  sp_damage run;  // consecutive damaged blocks, not reported yet
  char what[256];
} examination;

/// Returns the end of the last error message, without the names of file and block.
static const char *what_is_wrong(const char *file) {
  const char *message = sp_error_message(), *block = strstr(message, "): ");
  size_t length = strlen(file);
  if (block) return block + 3;
  return strncmp(message, file, length) == 0 && strncmp(message + length, ": ", 2) == 0 ? message + length + 2
                                                                                        : message;
}

static void note_first(examination *e) {
  if (!e->first.size) sp_text_add(&e->first, "%s", sp_error_message());
}

static void tell_run(examination *e, const sp_snapshot *snapshot) {
  char tensors[256];
  if (e->run.blocks == 0) return;
  e->run.tensors = sp_tensors_text(&snapshot->table, e->run.first, e->run.blocks, tensors);
  e->run.what = e->what;
  e->tell(e->context, &e->run);
  e->run.blocks = 0;
}

/// Report a damaged file. Returns SP_OK to continue, if the caller wants all damage and `status` is damage.
static sp_status damaged_file(examination *e, const char *file, sp_status status) {
  if (!e->tell || status != SP_ERR_CORRUPT) return status;
  note_first(e);
  sp_text_add(&e->files, "|%s|", file);
  e->tell(e->context, &(sp_damage){.file = file, .tensors = "", .what = what_is_wrong(file)});
  return SP_OK;
}

static sp_status damaged_block(examination *e, const sp_snapshot *snapshot, const char *file, int vector, int64_t block,
                               sp_status status) {
  if (!e->tell || status != SP_ERR_CORRUPT) return status;
  note_first(e);
  const char *name = vector ? snapshot->slot_name[vector - 1] : "parameters", *what = what_is_wrong(file);
  sp_damage *run = &e->run;
  bool follows = run->blocks > 0 && run->vector == name && run->file == file && run->first + run->blocks == block &&
                 strcmp(e->what, what) == 0;
  if (follows) {
    run->blocks++;
    return SP_OK;
  }
  char copy[sizeof e->what];
  snprintf(copy, sizeof copy, "%s", what);
  tell_run(e, snapshot);
  *run = (sp_damage){.file = file, .vector = name, .first = block, .blocks = 1};
  memcpy(e->what, copy, sizeof copy);
  return SP_OK;
}

static sp_status examine_part(examination *e, const sp_snapshot *snapshot, int64_t part) {
  char name[SP_PART_NAME + 2];
  const char *file = snapshot->layout.part[part].file;
  snprintf(name, sizeof name, "|%s|", file);
  if (strstr(sp_text_string(&e->files), name)) return SP_OK;
  sp_status status = sp_part_check(e->path, snapshot, part);
  return status == SP_OK ? SP_OK : damaged_file(e, file, status);
}

/// Verify blocks of one range, block by block where some are damaged.
static sp_status examine_blocks(examination *e, const sp_snapshot *snapshot, const sp_block_range *range, int vector,
                                int64_t first, int64_t blocks, void *data) {
  const char *file = snapshot->layout.part[range->part].file;
  sp_status status = sp_vector_read(e->path, snapshot, vector, first, blocks, data);
  if (status != SP_ERR_CORRUPT || !e->tell) return status;
  for (int64_t block = first; block < first + blocks; block++) {
    status = sp_vector_read(e->path, snapshot, vector, block, 1, data);
    if (status != SP_OK) SP_TRY(damaged_block(e, snapshot, file, vector, block, status));
  }
  return SP_OK;
}

static sp_status examine_values(examination *e, const sp_snapshot *snapshot) {
  enum { PIECE = 256 };
  void *data;
  SP_TRY(sp_allocate(PIECE * SP_BLOCK, sp_dtype_size(snapshot->precision), "reading a checkpoint", &data));
  sp_status status = SP_OK;
  for (int64_t i = 0; i < snapshot->layout.parts && status == SP_OK; i++) status = examine_part(e, snapshot, i);
  for (int v = 0; v <= snapshot->slots; v++) {
    for (int64_t i = 0; i < snapshot->layout.ranges; i++) {
      const sp_block_range *range = &snapshot->layout.range[i];
      for (int64_t done = 0; done < range->blocks && status == SP_OK; done += PIECE) {
        int64_t left = range->blocks - done;
        status = examine_blocks(e, snapshot, range, v, range->first + done, left < PIECE ? left : PIECE, data);
      }
    }
  }
  free(data);
  tell_run(e, snapshot);
  return status;
}

/// Read only what the manifest covers. When the manifest or state.h5 is damaged, nothing else can be judged.
static sp_status examine(examination *e) {
  sp_manifest manifest;
  sp_snapshot snapshot;
  char *image = NULL;
  size_t size;
  sp_status status = sp_manifest_read(e->path, &manifest);
  if (status != SP_OK) return damaged_file(e, "manifest", status);
  for (int64_t i = 0; status == SP_OK && i < manifest.parts; i++) {
    status = sp_manifest_check_part(e->path, &manifest.part[i]);
    if (status != SP_OK) status = damaged_file(e, manifest.part[i].file, status);
  }
  if (status == SP_OK) {
    status = sp_manifest_read_state(e->path, &manifest, &image, &size);
    if (status != SP_OK) status = damaged_file(e, "state.h5", status);
  }
  sp_manifest_free(&manifest);
  if (!image) return status;
  status = sp_snapshot_decode(image, size, &snapshot);
  free(image);
  if (status != SP_OK) return damaged_file(e, "state.h5", status);
  status = examine_values(e, &snapshot);
  sp_snapshot_free(&snapshot);
  return status;
}

sp_status sp_checkpoint_examine(const char *path, void (*tell)(void *context, const sp_damage *damage), void *context) {
  examination e = {.path = path, .tell = tell, .context = context};
  sp_status status = examine(&e);
  if (status == SP_OK && e.first.size) status = sp_fail(SP_ERR_CORRUPT, "%s", e.first.data);
  sp_text_free(&e.files);
  sp_text_free(&e.first);
  return sp_context(status, "checkpoint %s", path);
}

sp_status sp_checkpoint_verify(const char *path) { return sp_checkpoint_examine(path, NULL, NULL); }
