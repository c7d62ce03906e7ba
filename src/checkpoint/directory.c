// The directory of a run's checkpoints: list, retention, links, finding one.
// May include: base.
#include "checkpoint/directory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "checkpoint/checkpoint.h"

// --- list ---------------------------------------------------------------------------------------------------------

/// The step in "step-000001000"; -1 for any other name.
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
        status = sp_fail(SP_ERR_MEMORY, "%s: no memory to list it", directory);
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

// --- retention ----------------------------------------------------------------------------------------------------

/// Hidden first: one that is half removed is never seen.
static sp_status remove_checkpoint(const char *directory, int64_t step) {
  char path[PATH_MAX], hidden[PATH_MAX];
  snprintf(path, sizeof path, "%s/step-%09" PRId64, directory, step);
  snprintf(hidden, sizeof hidden, "%s/.step-%09" PRId64 ".removed", directory, step);
  SP_TRY(sp_directory_remove(hidden));
  SP_TRY(sp_file_rename(path, hidden));
  return sp_directory_remove(hidden);
}

sp_status sp_checkpoint_remove_unfinished(const char *directory) {
  DIR *entries = opendir(directory);
  if (!entries && errno == ENOENT) return SP_OK;
  if (!entries) return sp_file_error(directory, "cannot be listed", errno);
  sp_status status = SP_OK;
  for (struct dirent *entry; status == SP_OK && (entry = readdir(entries));) {
    char path[PATH_MAX];
    if (strncmp(entry->d_name, ".step-", 6) != 0) continue;
    if (snprintf(path, sizeof path, "%s/%s", directory, entry->d_name) >= (int)sizeof path) continue;
    status = sp_directory_remove(path);
  }
  closedir(entries);
  return status;
}

/// Let `directory`/`name` lead to a step, in one move; step -1 removes it.
static sp_status set_link(const char *directory, const char *name, int64_t step) {
  char path[PATH_MAX], beside[PATH_MAX], target[SP_CHECKPOINT_NAME];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  snprintf(beside, sizeof beside, "%s/.%s.new", directory, name);
  snprintf(target, sizeof target, "step-%09" PRId64, step);
  if (unlink(step < 0 ? path : beside) != 0 && errno != ENOENT) return sp_file_error(path, "cannot be removed", errno);
  if (step < 0) return SP_OK;
  if (symlink(target, beside) != 0) return sp_file_error(path, "cannot be linked", errno);
  if (rename(beside, path) != 0) return sp_file_error(path, "cannot be linked", errno);
  return SP_OK;
}

/// The step that `directory`/`name` leads to; -1: to none.
static int64_t linked_step(const char *directory, const char *name) {
  char path[PATH_MAX], target[SP_CHECKPOINT_NAME];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  ssize_t length = readlink(path, target, sizeof target - 1);
  target[length > 0 ? length : 0] = '\0';
  return step_of(target);
}

static bool is_there(const int64_t *step, int64_t count, int64_t wanted) {
  for (int64_t i = 0; i < count; i++) {
    if (step[i] == wanted) return true;
  }
  return false;
}

/// The first checkpoint of each so many steps, of those that are there: it was the first when it came, too.
static bool is_kept_for_ever(const int64_t *step, int64_t count, int64_t i, int64_t keep_every) {
  if (keep_every < 1 || step[i] < keep_every) return false;
  return i + 1 == count || step[i + 1] / keep_every < step[i] / keep_every;
}

/// step: newest first, none after where the run stands. What is kept for ever is known before anything goes.
static sp_status retain(const char *directory, const sp_retention *r, const int64_t *step, int64_t count) {
  int64_t best = r->best;
  if (best >= 0 && !is_there(step, count, best)) best = linked_step(directory, "best");  // it could not be saved
  if (!is_there(step, count, best)) best = -1;
  SP_TRY(set_link(directory, "last", count > 0 ? step[0] : -1));
  SP_TRY(set_link(directory, "best", best));
  for (int64_t i = r->keep; i < count; i++) {
    if (step[i] == best || is_kept_for_ever(step, count, i, r->keep_every)) continue;
    SP_TRY(remove_checkpoint(directory, step[i]));
  }
  SP_TRY(sp_checkpoint_remove_unfinished(directory));
  return sp_directory_sync(directory);
}

sp_status sp_checkpoint_retain(const char *directory, const sp_retention *retention) {
  if (strlen(directory) + 2 * SP_CHECKPOINT_NAME >= PATH_MAX) return sp_fail(SP_ERR_IO, "%s: name too long", directory);
  sp_retention r = *retention;
  if (r.keep < 1) r.keep = 1;
  int64_t *step, count;
  SP_TRY(sp_checkpoint_list(directory, &step, &count));
  int64_t later = 0;
  while (later < count && step[later] > r.last) later++;
  bool replaced = count > 0 && later == count;  // another start of the job has gone on, and removed what this one saved
  sp_status status = replaced ? SP_OK : retain(directory, &r, step + later, count - later);
  free(step);
  return sp_context(status, "checkpoints that are no longer kept");
}

// --- find ---------------------------------------------------------------------------------------------------------

/// Is there a checkpoint at `directory`/`name`? Its own path, with links followed, goes to `path`.
static bool find_at(const char *directory, const char *name, char *path) {
  char candidate[PATH_MAX], manifest[PATH_MAX];
  if (snprintf(candidate, sizeof candidate, "%s%s", directory, name) >= (int)sizeof candidate ||
      snprintf(manifest, sizeof manifest, "%s/manifest", candidate) >= (int)sizeof manifest) {
    return false;
  }
  return sp_file_exists(manifest) && realpath(candidate, path);
}

static bool find_in(const char *directory, char *path) {
  if (find_at(directory, "/best", path) || find_at(directory, "/last", path)) return true;
  int64_t *step, count;
  if (sp_checkpoint_list(directory, &step, &count) != SP_OK) return false;
  bool found = false;
  for (int64_t i = 0; i < count && !found; i++) {
    char name[SP_CHECKPOINT_NAME];
    snprintf(name, sizeof name, "/step-%09" PRId64, step[i]);
    found = find_at(directory, name, path);
  }
  free(step);
  return found;
}

sp_status sp_checkpoint_find(const char *name, char *path) {
  char copy[PATH_MAX], found[PATH_MAX];
  if (strlen(name) + SP_CHECKPOINT_NAME >= sizeof copy) return sp_fail(SP_ERR_USAGE, "%s: name too long", name);
  if (!sp_file_exists(name)) return sp_fail(SP_ERR_USAGE, "%s: no such run or checkpoint", name);
  snprintf(copy, sizeof copy, "%s", name);
  const char *last = strrchr(name, '/');
  const char *directory = strcmp(last ? last + 1 : name, "state.h5") == 0 ? dirname(copy) : copy;
  bool is_there = find_at(directory, "", found) || find_in(directory, found);
  if (!is_there) {
    char inside[PATH_MAX];
    snprintf(inside, sizeof inside, "%.*s/checkpoints", PATH_MAX - SP_CHECKPOINT_NAME, directory);
    is_there = find_in(inside, found);
  }
  if (!is_there) {
    return sp_fail(SP_ERR_USAGE,
                   "%s: no checkpoint there: no manifest (that of a checkpoint), and no best, last or step-… in it or "
                   "in its checkpoints/",
                   name);
  }
  strcpy(path, found);
  return SP_OK;
}
