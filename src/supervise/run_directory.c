// SPDX-License-Identifier: Apache-2.0
// Creating, locking and leasing the run directory.
#include "supervise/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"

static const double HEARTBEAT = 5;  // seconds, of the lease

/// Lock the directory. The system releases the lock when the process ends. Without `create`, a missing lock file counts as
/// held.
static sp_status lock(const char *path, bool create, int *descriptor, sp_lease_lock *outcome) {
  char file[PATH_MAX];
  snprintf(file, sizeof file, "%s/lock", path);
  if (create) SP_TRY(sp_file_set_aside(file));
  if (!create && !sp_file_regular(file)) {
    *descriptor = -1;
    *outcome = SP_LOCK_HELD;
    return SP_OK;
  }
  int opened = open(file, O_RDWR | (create ? O_CREAT : 0) | O_CLOEXEC, 0666);
  if (opened < 0) return sp_file_error(file, "cannot be opened", errno);
  if (flock(opened, LOCK_EX | LOCK_NB) == 0) {
    *descriptor = opened;
    *outcome = SP_LOCK_HELD;
    return SP_OK;
  }
  int failed = errno;
  close(opened);
  bool unknown = failed == ENOSYS || failed == ENOLCK || failed == EOPNOTSUPP || failed == EINVAL;
  if (failed != EWOULDBLOCK && !unknown) return sp_file_error(file, "cannot be locked", failed);
  *descriptor = -1;
  *outcome = unknown ? SP_LOCK_UNKNOWN : SP_LOCK_REFUSED;
  return SP_OK;
}

static sp_status expect_directory(const char *path) {
  struct stat about;
  if (stat(path, &about) != 0 || S_ISDIR(about.st_mode)) return SP_OK;
  return sp_fail(SP_ERR_IO,
                 "%s: is a file, expected a directory for the run and its checkpoints: move it away, or choose "
                 "another run.directory",
                 path);
}

/// Check whether another job has the directory, if an earlier start has created it.
static sp_status examine(sp_run_directory *directory) {
  char file[PATH_MAX];
  SP_TRY(expect_directory(directory->path));
  SP_TRY(expect_directory(directory->checkpoints));
  snprintf(file, sizeof file, "%s/lock", directory->path);
  directory->started = sp_file_exists(directory->checkpoints) || sp_file_exists(file);
  if (!directory->started) return SP_OK;
  SP_TRY(lock(directory->path, false, &directory->lock, &directory->outcome));
  return sp_lease_open(directory->path, directory->outcome, HEARTBEAT, &directory->lease);
}

sp_status sp_run_directory_open(const sp_comm *comm, const char *path, sp_run_directory *out) {
  sp_run_directory directory = {.lock = -1};
  sp_status status = SP_OK;
  if (strlen(path) >= sizeof directory.path) {
    status = sp_fail(SP_ERR_CONFIG, "run.directory: expected a path of at most %zu characters, got %zu",
                     sizeof directory.path - 1, strlen(path));
  } else {
    snprintf(directory.path, sizeof directory.path, "%s", path);
    snprintf(directory.checkpoints, sizeof directory.checkpoints, "%s/checkpoints", directory.path);
    if (comm->rank == 0) status = examine(&directory);
  }
  status = sp_comm_agree(comm, status);
  MPI_Bcast(&directory.started, 1, MPI_C_BOOL, 0, comm->world);
  if (status == SP_OK) {
    *out = directory;
  } else {
    sp_run_directory_close(&directory);
  }
  return status;
}

/// Returns whether the lock file still exists and, if this process has the lock, is the file that it has locked.
static bool lock_is_there(const sp_run_directory *directory) {
  char file[PATH_MAX];
  struct stat held, found;
  snprintf(file, sizeof file, "%s/lock", directory->path);
  if (stat(file, &found) != 0) return false;
  if (directory->lock < 0) return true;
  return fstat(directory->lock, &held) == 0 && held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

// --- a refused first start ----------------------------------------------------------------------------------------

/// What a run has in its directory, in the order in which a refused first start removes it.
static const char *const contents[] = {"config.yaml", "metrics.jsonl", "status.json", "train.log",
                                       "watchdog",    "checkpoints",   "lease",       "lock"};
enum { CONTENTS = sizeof contents / sizeof *contents, CHECKPOINTS = 5 };

static void path_of(const sp_run_directory *directory, int i, char path[PATH_MAX]) {
  snprintf(path, PATH_MAX, "%s/%s", directory->path, contents[i]);
}

/// Shorten a path by its last component. Returns false if there is only one.
static bool shorten(char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  while (length > 0 && path[length - 1] != '/') length--;
  while (length > 1 && path[length - 1] == '/') length--;
  path[length] = '\0';
  return length > 0;
}

/// Note what is there before a first start creates anything.
static void note_contents(sp_run_directory *directory) {
  char path[PATH_MAX];
  for (int i = 0; i < CONTENTS; i++) {
    path_of(directory, i, path);
    if (sp_file_present(path)) directory->found |= 1u << i;
  }
  snprintf(path, sizeof path, "%s", directory->path);
  while (!sp_file_present(path) && shorten(path)) continue;
  directory->found_path = strlen(path);
  directory->first = true;
}

void sp_run_directory_discard(const sp_run_directory *directory) {
  char path[PATH_MAX];
  if (!directory->first) return;
  for (int i = 0; i < CONTENTS; i++) {
    bool mine = directory->lock >= 0 || i == CHECKPOINTS;  // without the lock, the files may be those of another job
    path_of(directory, i, path);
    if (mine && !(directory->found & 1u << i)) (void)remove(path);  // a directory only if it is empty
  }
  snprintf(path, sizeof path, "%s", directory->path);
  bool gone = true;
  while (gone && strlen(path) > directory->found_path) gone = (rmdir(path) == 0 || errno == ENOENT) && shorten(path);
}

// --- taking -------------------------------------------------------------------------------------------------------

static sp_status take(sp_run_directory *directory) {
  if (!directory->started) note_contents(directory);
  SP_TRY(sp_directory_create(directory->checkpoints));
  if (directory->lock >= 0 && !lock_is_there(directory)) {  // removed since it was opened
    close(directory->lock);
    directory->lock = -1;
  }
  if (directory->lock < 0) SP_TRY(lock(directory->path, true, &directory->lock, &directory->outcome));
  if (!directory->lease) SP_TRY(sp_lease_open(directory->path, directory->outcome, HEARTBEAT, &directory->lease));
  return sp_lease_take(directory->lease, directory->outcome);
}

sp_status sp_run_directory_take(const sp_comm *comm, sp_run_directory *directory) {
  return sp_comm_agree(comm, comm->rank == 0 ? take(directory) : SP_OK);
}

/// Create and lock the directory again after it was removed. The check of the lease writes the lease again.
static sp_status create_again(sp_run_directory *directory) {
  int made;
  sp_lease_lock outcome;
  SP_TRY(sp_directory_create(directory->checkpoints));
  SP_TRY(lock(directory->path, true, &made, &outcome));
  if (outcome == SP_LOCK_REFUSED) return sp_fail(SP_ERR_BUSY, "%s: is in use by another job", directory->path);
  if (directory->lock >= 0) close(directory->lock);
  directory->lock = made;
  SP_TRY(sp_lease_check(directory->lease));
  sp_warn("%s: was removed during the run; it has been created again", directory->path);
  return SP_OK;
}

sp_status sp_run_directory_hold(sp_run_directory *directory) {
  if (lock_is_there(directory)) return sp_lease_check(directory->lease);
  return sp_context(create_again(directory), "the run directory was removed during the run");
}

bool sp_run_directory_lost(const sp_run_directory *directory) {
  return directory->lease && sp_lease_lost(directory->lease);
}

void sp_run_directory_close(sp_run_directory *directory) {
  sp_lease_release(directory->lease);
  if (directory->lock >= 0) close(directory->lock);
  directory->lease = NULL;
  directory->lock = -1;
}
