// SPDX-License-Identifier: Apache-2.0
// Retention of the checkpoints of a run.
#include "checkpoint/retention.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "checkpoint/checkpoint_directory.h"

/// Remove a checkpoint. It is renamed to a hidden name first, so that a partly removed one is never visible.
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

/// Does the error mean that the file system has no symbolic links? Linux returns EPERM; FUSE and network file systems
/// return the others.
static bool lacks_links(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL || error == EACCES;
}

/// Make `directory`/`name` refer to a step in one atomic operation; step -1 removes it. Without symbolic links it is a
/// file that contains the name of the checkpoint.
static sp_status set_reference(const char *directory, const char *name, int64_t step) {
  char path[PATH_MAX], beside[PATH_MAX], target[SP_CHECKPOINT_NAME];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  snprintf(beside, sizeof beside, "%s/.%s.new", directory, name);
  snprintf(target, sizeof target, "step-%09" PRId64, step);
  if (!sp_file_regular(path)) {
    char link[SP_CHECKPOINT_NAME];
    if (readlink(path, link, sizeof link) < 0) SP_TRY(sp_file_set_aside(path));
  }
  if (unlink(step < 0 ? path : beside) != 0 && errno != ENOENT) return sp_file_error(path, "cannot be removed", errno);
  if (step < 0) return SP_OK;
  if (symlink(target, beside) != 0) {
    if (!lacks_links(errno)) return sp_file_error(path, "cannot be linked", errno);
    strcat(target, "\n");
    return sp_file_write(path, target, strlen(target));
  }
  if (rename(beside, path) != 0) return sp_file_error(path, "cannot be linked", errno);
  return SP_OK;
}

static bool is_there(const int64_t *step, int64_t count, int64_t wanted) {
  for (int64_t i = 0; i < count; i++) {
    if (step[i] == wanted) return true;
  }
  return false;
}

/// Is step[i] the first of the existing checkpoints in its interval of `keep_every` steps? It was the first when it was
/// saved, too.
static bool is_kept_permanently(const int64_t *step, int64_t count, int64_t i, int64_t keep_every) {
  if (keep_every < 1 || step[i] < keep_every) return false;
  return i + 1 == count || step[i + 1] / keep_every < step[i] / keep_every;
}

/// step: newest first, none after the current step of the run. The permanently kept checkpoints are known before any is
/// removed.
static sp_status retain(const char *directory, const sp_retention *r, const int64_t *step, int64_t count) {
  int64_t best = r->best;
  if (best >= 0 && !is_there(step, count, best))
    best = sp_checkpoint_referred(directory, "best");  // the new best state could not be saved
  if (!is_there(step, count, best)) best = -1;
  SP_TRY(set_reference(directory, "last", count > 0 ? step[0] : -1));
  SP_TRY(set_reference(directory, "best", best));
  for (int64_t i = r->keep; i < count; i++) {
    if (step[i] == best || is_kept_permanently(step, count, i, r->keep_every)) continue;
    SP_TRY(remove_checkpoint(directory, step[i]));
  }
  SP_TRY(sp_checkpoint_remove_unfinished(directory));
  return sp_directory_sync(directory);
}

sp_status sp_checkpoint_retain(const char *directory, const sp_retention *retention) {
  if (strlen(directory) + 2 * SP_CHECKPOINT_NAME >= PATH_MAX)
    return sp_fail(SP_ERR_IO, "%s: the name is too long", directory);
  sp_retention r = *retention;
  if (r.keep < 1) r.keep = 1;
  int64_t *step, count;
  SP_TRY(sp_checkpoint_list(directory, &step, &count));
  int64_t later = 0;
  while (later < count && step[later] > r.last) later++;
  bool replaced =
      count > 0 && later == count;  // a newer start of the job has continued and removed the checkpoints of this one
  sp_status status = replaced ? SP_OK : retain(directory, &r, step + later, count - later);
  free(step);
  return sp_context(status, "removing checkpoints that are no longer kept");
}

int64_t sp_retention_bytes(int64_t keep, int64_t keep_every, int64_t steps, int64_t checkpoint) {
  int64_t count, bytes, permanent = keep_every > 0 ? steps / keep_every : 0;
  bool fits = sp_add_size(keep, permanent, &count) && sp_add_size(count, 2, &count) &&
              sp_multiply_size(count, checkpoint, &bytes);
  return fits ? bytes : INT64_MAX;
}
