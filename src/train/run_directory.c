// Making and locking the run directory.
// May include: base, comm.
#include "train/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"

// The system gives a lock of a process that died back by itself; the file's content only says who has it.
static sp_status lock(const char *path, int *out) {
  char file[PATH_MAX], holder[200] = "", host[64] = "?";
  snprintf(file, sizeof file, "%s/lock", path);
  int descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return sp_file_error(file, "cannot be opened", errno);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    int failed = errno;
    ssize_t size = read(descriptor, holder, sizeof holder - 1);
    holder[size > 0 ? size : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    close(descriptor);
    if (failed != EWOULDBLOCK) return sp_file_error(file, "cannot be locked", failed);
    return sp_fail(SP_ERR_BUSY, "%s: is in use by another job (%s): wait for it, or choose another run.directory", path,
                   *holder ? holder : "which starts now");
  }
  gethostname(host, sizeof host - 1);
  int length = snprintf(holder, sizeof holder, "process %ld on %s\n", (long)getpid(), host);
  if (ftruncate(descriptor, 0) != 0 || write(descriptor, holder, (size_t)length) != length) {
    int failed = errno;
    close(descriptor);
    return sp_file_error(file, "cannot be written", failed);
  }
  *out = descriptor;
  return SP_OK;
}

static sp_status create(sp_run_directory *directory) {
  SP_TRY(sp_directory_create(directory->checkpoints));
  return lock(directory->path, &directory->lock);
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

sp_status sp_run_directory_hold(sp_run_directory *directory) {
  char file[PATH_MAX];
  struct stat held, found;
  snprintf(file, sizeof file, "%s/lock", directory->path);
  bool there = stat(file, &found) == 0;
  if (fstat(directory->lock, &held) != 0) return sp_file_error(file, "cannot be examined", errno);
  if (there && held.st_dev == found.st_dev && held.st_ino == found.st_ino) return SP_OK;
  int gone = directory->lock;
  SP_TRY(sp_context(create(directory), "the run directory was removed while the run went on"));
  close(gone);
  sp_warn("%s: was removed while the run went on, and is made anew", directory->path);
  return SP_OK;
}

void sp_run_directory_close(sp_run_directory *directory) {
  if (directory->lock >= 0) close(directory->lock);
  directory->lock = -1;
}
