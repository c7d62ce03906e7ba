// SPDX-License-Identifier: Apache-2.0
// The manifest of a checkpoint.
#include "checkpoint/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/files.h"
#include "base/memory.h"

void sp_manifest_set_state(sp_manifest *manifest, const void *image, size_t size) {
  XXH128_hash_t hash = XXH3_128bits(image, size);
  manifest->state_bytes = (int64_t)size;
  manifest->state_hash[0] = hash.high64;
  manifest->state_hash[1] = hash.low64;
}

void sp_manifest_write(const sp_manifest *manifest, sp_text *out) {
  sp_text_add(out, "shardprop checkpoint %d\n", SP_CHECKPOINT_FORMAT);
  sp_text_add(out, "state.h5 %" PRId64 " %016" PRIx64 "%016" PRIx64 "\n", manifest->state_bytes,
              manifest->state_hash[0], manifest->state_hash[1]);
  for (int64_t i = 0; i < manifest->parts; i++) {
    sp_text_add(out, "%s %" PRId64 "\n", manifest->part[i].file, manifest->part[i].bytes);
  }
  sp_text_add(out, "manifest %016" PRIx64 "\n", (uint64_t)XXH3_64bits(out->data, out->size));
}

void sp_manifest_free(sp_manifest *manifest) {
  free(manifest->part);
  *manifest = (sp_manifest){0};
}

// --- reading ------------------------------------------------------------------------------------------------------

static int64_t count_lines(const char *text, size_t size) {
  int64_t lines = 0;
  for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
  return lines;
}

static const char *next_line(const char *line) {
  const char *end = strchr(line, '\n');
  return end ? end + 1 : line + strlen(line);
}

/// Returns whether the last line has the checksum of the lines before, in every format so far.
static bool is_whole(const char *text, size_t size) {
  char last[40];
  size_t before = size > 0 ? size - 1 : 0;  // without the last newline
  while (before > 0 && text[before - 1] != '\n') before--;
  snprintf(last, sizeof last, "manifest %016" PRIx64 "\n", (uint64_t)XXH3_64bits(text, before));
  return strlen(last) == size - before && memcmp(text + before, last, size - before) == 0;
}

/// Fail for a manifest of another format, which may be that of another version, or damaged.
static sp_status fail_format(const char *text, size_t size, int format) {
  if (!is_whole(text, size)) {
    return sp_fail(SP_ERR_CORRUPT, "has format %d, expected %d, and its checksum differs", format,
                   SP_CHECKPOINT_FORMAT);
  }
  return sp_fail(SP_ERR_CONFIG,
                 "has format %d, which another version of shardprop wrote; this version reads format %d (use that "
                 "version, or begin a new run in another run.directory)",
                 format, SP_CHECKPOINT_FORMAT);
}

/// Parse as much as possible. sp_manifest_parse detects anything else by writing the manifest again and comparing the
/// bytes.
static sp_status scan(const char *text, size_t size, sp_manifest *manifest) {
  enum { OTHER_LINES = 3 };
  int64_t lines = count_lines(text, size);
  int format;
  if (sscanf(text, "shardprop checkpoint %9d", &format) != 1) return sp_fail(SP_ERR_CORRUPT, "is not a manifest");
  if (format != SP_CHECKPOINT_FORMAT) return fail_format(text, size, format);
  if (lines < OTHER_LINES) return sp_fail(SP_ERR_CORRUPT, "is truncated");
  const char *line = next_line(text);
  if (sscanf(line, "state.h5 %18" SCNd64 " %16" SCNx64 "%16" SCNx64, &manifest->state_bytes, &manifest->state_hash[0],
             &manifest->state_hash[1]) != 3) {
    return sp_fail(SP_ERR_CORRUPT, "does not contain the size and hash of state.h5");
  }
  SP_TRY(sp_allocate(lines - OTHER_LINES, sizeof *manifest->part, "manifest", &manifest->part));
  for (manifest->parts = 0; manifest->parts < lines - OTHER_LINES; manifest->parts++) {
    line = next_line(line);
    sp_manifest_part *part = &manifest->part[manifest->parts];
    if (sscanf(line, "%31s %18" SCNd64, part->file, &part->bytes) != 2) {
      return sp_fail(SP_ERR_CORRUPT, "line %" PRId64 " does not contain the name of a part and its size",
                     manifest->parts + 3);
    }
  }
  return SP_OK;
}

sp_status sp_manifest_parse(const char *text, size_t size, sp_manifest *out) {
  sp_manifest manifest = {0};
  sp_status status = scan(text, size, &manifest);
  if (status == SP_OK) {
    sp_text again = {0};
    sp_manifest_write(&manifest, &again);
    if (again.size != size || memcmp(again.data, text, size) != 0) status = sp_fail(SP_ERR_CORRUPT, "checksum differs");
    sp_text_free(&again);
  }
  if (status != SP_OK) {
    sp_manifest_free(&manifest);
    return status;
  }
  *out = manifest;
  return SP_OK;
}

// --- checking a checkpoint -----------------------------------------------------------------------------------------

/// Report why sp_file_size failed. A missing file is damage; a file that the system refuses to examine is not.
static sp_status missing(const char *file, const char *name) {
  if (errno == ENOENT || errno == ENOTDIR) return sp_fail(SP_ERR_CORRUPT, "%s: is missing", name);
  return sp_file_error(file, "cannot be examined", errno);
}

/// Read a file. Data that the disk cannot return, or a file of another kind, count as damage, because an older
/// checkpoint may be intact.
static sp_status read_whole(const char *file, const char *name, int64_t limit, char **data, size_t *size) {
  errno = 0;  // sp_file_read leaves errno unchanged unless a system call failed
  sp_status status = sp_file_read(file, limit, data, size);
  if (status != SP_ERR_IO || (errno != 0 && errno != EIO)) return status;
  return sp_fail(SP_ERR_CORRUPT, "%s: %s", name,
                 errno ? strerror(errno) : "is not a regular file, or is larger than expected");
}

sp_status sp_manifest_read(const char *path, sp_manifest *manifest) {
  enum { LIMIT = 1 << 28 };
  char file[PATH_MAX];
  snprintf(file, sizeof file, "%s/manifest", path);
  if (sp_file_size(file) < 0) return missing(file, "manifest");
  char *text = NULL;
  size_t size;
  SP_TRY(read_whole(file, "manifest", LIMIT, &text, &size));
  sp_status status = sp_context(sp_manifest_parse(text, size, manifest), "manifest");
  free(text);
  return status;
}

static sp_status check_size(const char *path, const char *name, int64_t expected) {
  char file[PATH_MAX];
  snprintf(file, sizeof file, "%s/%s", path, name);
  int64_t found = sp_file_size(file);
  if (found < 0) return missing(file, name);
  if (found != expected) {
    return sp_fail(SP_ERR_CORRUPT, "%s: has %" PRId64 " bytes, expected %" PRId64, name, found, expected);
  }
  return SP_OK;
}

sp_status sp_manifest_check_part(const char *path, const sp_manifest_part *part) {
  return check_size(path, part->file, part->bytes);
}

sp_status sp_manifest_read_state(const char *path, const sp_manifest *manifest, char **image, size_t *size) {
  char file[PATH_MAX];
  snprintf(file, sizeof file, "%s/state.h5", path);
  SP_TRY(check_size(path, "state.h5", manifest->state_bytes));
  SP_TRY(read_whole(file, "state.h5", manifest->state_bytes, image, size));
  sp_manifest found = {0};
  sp_manifest_set_state(&found, *image, *size);
  if (found.state_bytes == manifest->state_bytes && found.state_hash[0] == manifest->state_hash[0] &&
      found.state_hash[1] == manifest->state_hash[1]) {
    return SP_OK;
  }
  free(*image);
  *image = NULL;
  return sp_fail(SP_ERR_CORRUPT, "state.h5: checksum differs");
}

sp_status sp_manifest_check(const char *path, char **image, size_t *size) {
  sp_manifest manifest = {0};
  char *data = NULL;
  sp_status status = sp_manifest_read(path, &manifest);
  for (int64_t i = 0; status == SP_OK && i < manifest.parts; i++) {
    status = sp_manifest_check_part(path, &manifest.part[i]);
  }
  if (status == SP_OK) status = sp_manifest_read_state(path, &manifest, &data, size);
  sp_manifest_free(&manifest);
  if (status == SP_OK) *image = data;
  return sp_context(status, "checkpoint %s", path);
}
