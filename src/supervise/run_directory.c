// Making, locking and leasing the run directory.
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

/// The system gives a lock of a process that died back by itself.
static sp_status lock(const char *path, int *descriptor, sp_lease_lock *outcome) {
  char file[PATH_MAX];
  snprintf(file, sizeof file, "%s/lock", path);
  SP_TRY(sp_file_set_aside(file));
  int opened = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
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

static sp_status create(sp_run_directory *directory) {
  sp_lease_lock outcome;
  SP_TRY(sp_directory_create(directory->checkpoints));
  SP_TRY(lock(directory->path, &directory->lock, &outcome));
  return sp_lease_take(directory->path, outcome, HEARTBEAT, &directory->lease);
}

bool sp_run_directory_exists(const sp_comm *comm, const char *path) {
  char checkpoints[PATH_MAX], file[PATH_MAX];
  snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", path);
  snprintf(file, sizeof file, "%s/lock", path);
  int exists = comm->rank == 0 && (sp_file_exists(checkpoints) || sp_file_exists(file));
  MPI_Bcast(&exists, 1, MPI_INT, 0, comm->world);
  return exists;
}

sp_status sp_run_directory_open(const sp_comm *comm, const char *path, sp_run_directory *out) {
  sp_run_directory directory = {.lock = -1};
  sp_status status = SP_OK;
  if (strlen(path) >= sizeof directory.path) {
    status = sp_fail(SP_ERR_CONFIG, "run.directory: a path of %zu characters is too long", strlen(path));
  } else {
    snprintf(directory.path, sizeof directory.path, "%s", path);
    snprintf(directory.checkpoints, sizeof directory.checkpoints, "%s/checkpoints", directory.path);
    if (comm->rank == 0) status = create(&directory);
  }
  status = sp_comm_agree(comm, status);
  if (status == SP_OK) {
    *out = directory;
  } else {
    sp_run_directory_close(&directory);
  }
  return status;
}

/// Is the lock where we left it? One that we never had, or that is gone with its directory, is no lock.
static bool lock_is_there(const sp_run_directory *directory) {
  char file[PATH_MAX];
  struct stat held, found;
  snprintf(file, sizeof file, "%s/lock", directory->path);
  if (stat(file, &found) != 0) return false;
  if (directory->lock < 0) return true;
  return fstat(directory->lock, &held) == 0 && held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

/// The directory was removed: make and lock it anew. The lease follows by itself, if nobody else has it.
static sp_status create_again(sp_run_directory *directory) {
  int made;
  sp_lease_lock outcome;
  SP_TRY(sp_directory_create(directory->checkpoints));
  SP_TRY(lock(directory->path, &made, &outcome));
  if (outcome == SP_LOCK_REFUSED) return sp_fail(SP_ERR_BUSY, "%s: is in use by another job", directory->path);
  if (directory->lock >= 0) close(directory->lock);
  directory->lock = made;
  SP_TRY(sp_lease_check(directory->lease));
  sp_warn("%s: was removed while the run went on, and is made anew", directory->path);
  return SP_OK;
}

sp_status sp_run_directory_hold(sp_run_directory *directory) {
  if (lock_is_there(directory)) return sp_lease_check(directory->lease);
  return sp_context(create_again(directory), "the run directory was removed while the run went on");
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
