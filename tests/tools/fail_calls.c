// A library to preload: makes one call that changes files, or makes one without a name, fail, or kills the process there.
//   FAIL_RANK=1      only in this MPI rank
//   FAIL_BELOW=/run  counts calls on paths that hold this text
//   FAIL_CALL=7      the seventh of them, and when it is not a kill all that follow
//   FAIL_WITH=28     the error number it gives; 0: SIGKILL instead
//   FAIL_LOG=FILE    append a line for every call that is counted
// Uses nothing but the C library.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls;

static void write_log(const char *call, const char *path) {
  const char *file = getenv("FAIL_LOG");
  if (!file) return;
  FILE *log = fopen(file, "ae");
  if (!log) return;
  fprintf(log, "%ld %s %s\n", calls, call, path);
  fclose(log);
}

/// Is it the turn of this call? Sets errno then.
static int fails(const char *call, const char *path) {
  const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *chosen = getenv("FAIL_RANK"), *below = getenv("FAIL_BELOW");
  const char *number = getenv("FAIL_CALL"), *with = getenv("FAIL_WITH");
  if (!below || !strstr(path, below)) return 0;
  if (chosen && strcmp(rank ? rank : "0", chosen) != 0) return 0;
  calls++;
  write_log(call, path);
  int code = with ? atoi(with) : EIO;
  long wanted = number ? atol(number) : -1;
  if (wanted < 0 || calls < wanted) return 0;
  if (code == 0) raise(SIGKILL);
  errno = code;
  return 1;
}

static int fails_at(const char *call, int descriptor) {
  char name[64], path[PATH_MAX];
  snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return fails(call, path);
}

#define REAL(name, ...) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

ssize_t write(int descriptor, const void *data, size_t size) {
  return fails_at("write", descriptor) ? -1 : REAL(write, descriptor, data, size);
}
ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
  return fails_at("pwrite", descriptor) ? -1 : REAL(pwrite, descriptor, data, size, offset);
}
ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset) {
  return fails_at("pwrite", descriptor) ? -1 : REAL(pwrite64, descriptor, data, size, offset);
}
int fsync(int descriptor) { return fails_at("fsync", descriptor) ? -1 : REAL(fsync, descriptor); }
int ftruncate(int descriptor, off_t size) {
  return fails_at("ftruncate", descriptor) ? -1 : REAL(ftruncate, descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) {
  return fails_at("ftruncate", descriptor) ? -1 : REAL(ftruncate64, descriptor, size);
}
int rename(const char *from, const char *to) { return fails("rename", from) ? -1 : REAL(rename, from, to); }
int mkdir(const char *path, mode_t mode) { return fails("mkdir", path) ? -1 : REAL(mkdir, path, mode); }
int rmdir(const char *path) { return fails("rmdir", path) ? -1 : REAL(rmdir, path); }
int unlink(const char *path) { return fails("unlink", path) ? -1 : REAL(unlink, path); }
int memfd_create(const char *name, unsigned flags) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "/memfd:%s", name);  // as /proc names it
  return fails("memfd_create", path) ? -1 : REAL(memfd_create, name, flags);
}
int symlink(const char *target, const char *path) { return fails("symlink", path) ? -1 : REAL(symlink, target, path); }

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  return (flags & O_ACCMODE) != O_RDONLY && fails("open", path) ? -1 : REAL(open, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  return (flags & O_ACCMODE) != O_RDONLY && fails("open", path) ? -1 : REAL(open64, path, flags, mode);
}
