// SPDX-License-Identifier: Apache-2.0
// The directory of a run's checkpoints: listing and finding checkpoints.
#include "checkpoint/checkpoint_directory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

// --- list ---------------------------------------------------------------------------------------------------------

/// Returns the step of a name such as "step-000001000"; -1 for any other name.
static int64_t step_of(const char *name) {
  int64_t step;
  char again[SP_CHECKPOINT_NAME];
  if (sscanf(name, "step-%18" SCNd64, &step) != 1 || step < 0) return -1;
  snprintf(again, sizeof again, "step-%09" PRId64, step);
  return strcmp(again, name) == 0 ? step : -1;
}

static int newest_first(const void *a, const void *b) {
  int64_t left, right;
  memcpy(&left, a, sizeof left);
  memcpy(&right, b, sizeof right);
  return (left < right) - (left > right);
}

sp_status sp_checkpoint_list(const char *directory, int64_t **step, int64_t *count) {
  int64_t *list = NULL, size = 0, capacity = 0;
  sp_status status = SP_OK;
  DIR *entries = opendir(directory);
  if (!entries && errno != ENOENT) return sp_file_error(directory, "cannot be listed", errno);
  for (struct dirent *entry; entries && (entry = readdir(entries));) {
    int64_t found = step_of(entry->d_name);
    if (found < 0) continue;
    if (size == capacity) {
      capacity = 2 * capacity + 16;
      int64_t *larger = realloc(list, (size_t)capacity * sizeof *list);
      if (!larger) {
        status = sp_fail(SP_ERR_MEMORY, "%s: out of memory while listing the directory", directory);
        break;
      }
      list = larger;
    }
    list[size++] = found;
  }
  if (entries) closedir(entries);
  if (status != SP_OK) {
    free(list);
    return status;
  }
  if (size > 0) qsort(list, (size_t)size, sizeof *list, newest_first);
  *step = list;
  *count = size;
  return SP_OK;
}

// --- links, and files in their place ------------------------------------------------------------------------------

/// Returns the step that `path`, a link or a file with the name of a checkpoint, refers to; -1 when there is none.
static int64_t referred_step(const char *path) {
  char target[SP_CHECKPOINT_NAME], *text;
  size_t size;
  ssize_t length = readlink(path, target, sizeof target - 1);
  if (length > 0) {
    target[length] = '\0';
    return step_of(target);
  }
  if (!sp_file_regular(path) || sp_file_size(path) >= SP_CHECKPOINT_NAME) return -1;
  if (sp_file_read(path, SP_CHECKPOINT_NAME, &text, &size) != SP_OK) return -1;
  text[strcspn(text, "\r\n")] = '\0';
  int64_t step = step_of(text);
  free(text);
  return step;
}

int64_t sp_checkpoint_referred(const char *directory, const char *name) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return referred_step(path);
}

// --- find ---------------------------------------------------------------------------------------------------------

/// Is there a checkpoint at `directory`/`name`? Sets `path` to its real path.
static bool find_at(const char *directory, const char *name, char *path) {
  char candidate[PATH_MAX], manifest[PATH_MAX];
  if (snprintf(candidate, sizeof candidate, "%s%s", directory, name) >= (int)sizeof candidate ||
      snprintf(manifest, sizeof manifest, "%s/manifest", candidate) >= (int)sizeof manifest) {
    return false;
  }
  return sp_file_exists(manifest) && realpath(candidate, path);
}

/// Does the file `directory``name`, which replaces a link, refer to an existing checkpoint?
static bool find_referred(const char *directory, const char *name, char *path) {
  char file[PATH_MAX], beside[PATH_MAX], target[SP_CHECKPOINT_NAME];
  if (snprintf(file, sizeof file, "%s%s", directory, name) >= (int)sizeof file || !sp_file_regular(file)) return false;
  int64_t step = referred_step(file);
  if (step < 0) return false;
  snprintf(target, sizeof target, "/step-%09" PRId64, step);
  snprintf(beside, sizeof beside, "%s", file);
  return find_at(dirname(beside), target, path);
}

/// Find `best`, then `last`, then the newest checkpoint. A reference to a missing checkpoint is an error; no other
/// checkpoint is used instead.
static sp_status find_in(const char *directory, char *path, bool *found) {
  static const char *const names[] = {"/best", "/last"};
  *found = true;
  for (int i = 0; i < 2; i++) {
    char name[PATH_MAX];
    if (find_at(directory, names[i], path) || find_referred(directory, names[i], path)) return SP_OK;
    if (snprintf(name, sizeof name, "%s%s", directory, names[i]) < (int)sizeof name && sp_file_present(name)) {
      return sp_fail(SP_ERR_CORRUPT,
                     "%s: does not refer to a checkpoint; use one of the checkpoints next to it, or remove this entry",
                     name);
    }
  }
  int64_t *step, count;
  SP_TRY(sp_checkpoint_list(directory, &step, &count));
  *found = false;
  for (int64_t i = 0; i < count && !*found; i++) {
    char name[SP_CHECKPOINT_NAME];
    snprintf(name, sizeof name, "/step-%09" PRId64, step[i]);
    *found = find_at(directory, name, path);
  }
  free(step);
  return SP_OK;
}

sp_status sp_checkpoint_find(const char *name, char *path) {
  char copy[PATH_MAX], found[PATH_MAX];
  if (strlen(name) + SP_CHECKPOINT_NAME >= sizeof copy) return sp_fail(SP_ERR_USAGE, "%s: the name is too long", name);
  if (!sp_file_exists(name)) return sp_fail(SP_ERR_USAGE, "%s: no such run or checkpoint", name);
  snprintf(copy, sizeof copy, "%s", name);
  const char *last = strrchr(name, '/');
  const char *directory = strcmp(last ? last + 1 : name, "state.h5") == 0 ? dirname(copy) : copy;
  bool is_there = find_at(directory, "", found) || find_referred(directory, "", found);
  if (!is_there && sp_file_regular(name) && referred_step(name) >= 0) {
    return sp_fail(SP_ERR_CORRUPT, "%s: refers to a checkpoint that does not exist", name);
  }
  struct stat about;
  bool is_directory = stat(directory, &about) == 0 && S_ISDIR(about.st_mode);
  if (!is_there && is_directory) SP_TRY(find_in(directory, found, &is_there));
  if (!is_there && is_directory) {
    char inside[PATH_MAX];
    snprintf(inside, sizeof inside, "%.*s/checkpoints", PATH_MAX - SP_CHECKPOINT_NAME, directory);
    SP_TRY(find_in(inside, found, &is_there));
  }
  if (!is_there) {
    return sp_fail(
        SP_ERR_USAGE,
        "%s: no checkpoint found; expected a checkpoint directory with a manifest, or a directory that contains "
        "best, last or step-…, directly or in checkpoints/",
        name);
  }
  strcpy(path, found);
  return SP_OK;
}
