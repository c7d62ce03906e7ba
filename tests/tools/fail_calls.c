// SPDX-License-Identifier: Apache-2.0
// A library to preload: makes one call fail that reads or changes files, takes memory or sends messages, or kills the process there.
//   FAIL_KIND=files      what is counted. files: calls that read or change files, or make ones without a name (the default);
//                        memory: for memory and threads, made by shardprop itself, not by the libraries it uses;
//                        messages: of MPI, made by shardprop itself; what fails there ends the job, as MPI does
//   FAIL_RANK=1          only in this MPI rank
//   FAIL_BELOW=/run      files: on paths that hold this text
//   FAIL_NAME=rename     only calls of this name
//   FAIL_CALL=7          the seventh of them, and all that follow
//   FAIL_ONCE=1          none that follow
//   FAIL_WITH=28         the error number it gives; 0: SIGKILL instead
//   FAIL_LOG=FILE        append a line for every call that is counted
// Uses nothing but the C library and MPI.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <mpi.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { NOTHING, FILES, MEMORY, MESSAGES };

static struct {
  int kind, code;
  long call;
  bool once;
  const char *below, *name, *log;
  uintptr_t begin[2], end[2];  // of the program, and of its library
  int objects;
} chosen;
static atomic_long calls;

/// Where shardprop lies in memory.
static int find_program(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size, (void)unused;
  if (*object->dlpi_name && !strstr(object->dlpi_name, "libshardprop")) return 0;
  uintptr_t begin = UINTPTR_MAX, end = 0;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    if (part->p_type != PT_LOAD) continue;
    uintptr_t at = object->dlpi_addr + part->p_vaddr;
    if (at < begin) begin = at;
    if (at + part->p_memsz > end) end = at + part->p_memsz;
  }
  if (end == 0 || chosen.objects == 2) return 0;
  chosen.begin[chosen.objects] = begin;
  chosen.end[chosen.objects++] = end;
  return 0;
}

__attribute__((constructor)) static void choose(void) {
  const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *wanted = getenv("FAIL_RANK"), *kind = getenv("FAIL_KIND");
  const char *call = getenv("FAIL_CALL"), *with = getenv("FAIL_WITH");
  if (!rank) rank = getenv("PMIX_RANK");
  if (wanted && strcmp(rank ? rank : "0", wanted) != 0) return;
  chosen.call = call ? atol(call) : LONG_MAX;
  chosen.code = with ? atoi(with) : EIO;
  chosen.once = getenv("FAIL_ONCE") != NULL;
  chosen.below = getenv("FAIL_BELOW");
  chosen.name = getenv("FAIL_NAME");
  chosen.log = getenv("FAIL_LOG");
  dl_iterate_phdr(find_program, NULL);
  if (kind && strcmp(kind, "memory") == 0)
    chosen.kind = MEMORY;
  else if (kind && strcmp(kind, "messages") == 0)
    chosen.kind = MESSAGES;
  else if (chosen.below)
    chosen.kind = FILES;
}

#define REAL(name, ...) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

/// Count a call: is it its turn to fail? Sets errno then.
static bool fails(const char *call, const char *where) {
  if (chosen.name && strcmp(call, chosen.name) != 0) return false;
  int before = errno;
  long number = ++calls;
  if (chosen.log) {
    char line[PATH_MAX + 80];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", number, call, where);
    int log = REAL(open, chosen.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (REAL(write, log, line, (size_t)length) != length) abort();
    REAL(close, log);
  }
  errno = before;
  if (number < chosen.call || (chosen.once && number > chosen.call)) return false;
  if (chosen.code == 0) raise(SIGKILL);
  errno = chosen.code;
  return true;
}

// --- files --------------------------------------------------------------------------------------------------------

static bool path_fails(const char *call, const char *path) {
  return chosen.kind == FILES && strstr(path, chosen.below) && fails(call, path);
}

static bool file_fails(const char *call, int descriptor) {
  if (chosen.kind != FILES) return false;
  char name[64], path[PATH_MAX];
  int before = errno;
  snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(name, path, sizeof path - 1);
  errno = before;
  if (length < 0) return false;
  path[length] = '\0';
  return path_fails(call, path);
}

ssize_t read(int descriptor, void *data, size_t size) {
  return file_fails("read", descriptor) ? -1 : REAL(read, descriptor, data, size);
}
ssize_t pread(int descriptor, void *data, size_t size, off_t offset) {
  return file_fails("pread", descriptor) ? -1 : REAL(pread, descriptor, data, size, offset);
}
ssize_t pread64(int descriptor, void *data, size_t size, off64_t offset) {
  return file_fails("pread", descriptor) ? -1 : REAL(pread64, descriptor, data, size, offset);
}
ssize_t write(int descriptor, const void *data, size_t size) {
  return file_fails("write", descriptor) ? -1 : REAL(write, descriptor, data, size);
}
ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
  return file_fails("pwrite", descriptor) ? -1 : REAL(pwrite, descriptor, data, size, offset);
}
ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset) {
  return file_fails("pwrite", descriptor) ? -1 : REAL(pwrite64, descriptor, data, size, offset);
}
int flock(int descriptor, int operation) {
  return file_fails("flock", descriptor) ? -1 : REAL(flock, descriptor, operation);
}
int fsync(int descriptor) { return file_fails("fsync", descriptor) ? -1 : REAL(fsync, descriptor); }
int fdatasync(int descriptor) { return file_fails("fdatasync", descriptor) ? -1 : REAL(fdatasync, descriptor); }
int sync_file_range(int descriptor, off64_t offset, off64_t size, unsigned flags) {
  return file_fails("sync_file_range", descriptor) ? -1 : REAL(sync_file_range, descriptor, offset, size, flags);
}
int fallocate(int descriptor, int mode, off_t offset, off_t size) {
  return file_fails("fallocate", descriptor) ? -1 : REAL(fallocate, descriptor, mode, offset, size);
}
int posix_fallocate(int descriptor, off_t offset, off_t size) {
  return file_fails("posix_fallocate", descriptor) ? errno : REAL(posix_fallocate, descriptor, offset, size);
}
int ftruncate(int descriptor, off_t size) {
  return file_fails("ftruncate", descriptor) ? -1 : REAL(ftruncate, descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) {
  return file_fails("ftruncate", descriptor) ? -1 : REAL(ftruncate64, descriptor, size);
}
/// What has failed is closed nevertheless. Files without a name have nothing to be written back.
int close(int descriptor) {
  struct stat about;
  bool failed = chosen.kind == FILES && (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY &&
                fstat(descriptor, &about) == 0 && about.st_nlink > 0 && file_fails("close", descriptor);
  int code = errno, got = REAL(close, descriptor);
  if (!failed) return got;
  errno = code;
  return -1;
}
int rename(const char *from, const char *to) { return path_fails("rename", from) ? -1 : REAL(rename, from, to); }
int mkdir(const char *path, mode_t mode) { return path_fails("mkdir", path) ? -1 : REAL(mkdir, path, mode); }
int rmdir(const char *path) { return path_fails("rmdir", path) ? -1 : REAL(rmdir, path); }
int unlink(const char *path) { return path_fails("unlink", path) ? -1 : REAL(unlink, path); }
int link(const char *from, const char *to) { return path_fails("link", to) ? -1 : REAL(link, from, to); }
int symlink(const char *target, const char *path) {
  return path_fails("symlink", path) ? -1 : REAL(symlink, target, path);
}
int statvfs(const char *path, struct statvfs *about) {
  return path_fails("statvfs", path) ? -1 : REAL(statvfs, path, about);
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  return (flags & O_ACCMODE) != O_RDONLY && path_fails("open", path) ? -1 : REAL(open, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  return (flags & O_ACCMODE) != O_RDONLY && path_fails("open", path) ? -1 : REAL(open64, path, flags, mode);
}

// --- memory and threads -------------------------------------------------------------------------------------------

static bool called_by_shardprop(const void *caller) {
  for (int i = 0; i < chosen.objects; i++) {
    if ((uintptr_t)caller >= chosen.begin[i] && (uintptr_t)caller < chosen.end[i]) return true;
  }
  return false;
}

/// `where`: the place of the call within shardprop, for addr2line.
static bool own_call_fails(int kind, const char *call, const void *caller) {
  if (chosen.kind != kind || !called_by_shardprop(caller)) return false;
  char where[32];
  uintptr_t at = (uintptr_t)caller;
  for (int i = 0; i < chosen.objects; i++) {
    if (at >= chosen.begin[i] && at < chosen.end[i])
      snprintf(where, sizeof where, "%#lx", (long)(at - chosen.begin[i]));
  }
  return fails(call, where);
}
#define MEMORY_FAILS(call) own_call_fails(MEMORY, call, __builtin_return_address(0))

// dlsym takes memory itself: these are what the C library's own are called.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) { return MEMORY_FAILS("malloc") ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return MEMORY_FAILS("calloc") ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return MEMORY_FAILS("realloc") ? NULL : __libc_realloc(old, size); }
void *aligned_alloc(size_t alignment, size_t size) {
  return MEMORY_FAILS("aligned_alloc") ? NULL : __libc_memalign(alignment, size);
}
int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *got = MEMORY_FAILS("posix_memalign") ? NULL : __libc_memalign(alignment, size);
  if (!got) return ENOMEM;
  *memory = got;
  return 0;
}
char *strdup(const char *text) { return MEMORY_FAILS("strdup") ? NULL : REAL(strdup, text); }
char *strndup(const char *text, size_t size) { return MEMORY_FAILS("strndup") ? NULL : REAL(strndup, text, size); }
void *mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset) {
  return MEMORY_FAILS("mmap") ? MAP_FAILED : REAL(mmap, address, size, protection, flags, descriptor, offset);
}
int memfd_create(const char *name, unsigned flags) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "/memfd:%s", name);  // as /proc names it
  return path_fails("memfd_create", path) || MEMORY_FAILS("memfd_create") ? -1 : REAL(memfd_create, name, flags);
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *given) {
  return MEMORY_FAILS("pthread_create") ? EAGAIN : REAL(pthread_create, thread, attributes, run, given);
}

// --- messages -----------------------------------------------------------------------------------------------------

/// What MPI does when a call fails: nobody gets an error, the job ends.
static void message(const char *call, const void *caller) {
  if (own_call_fails(MESSAGES, call, caller)) PMPI_Comm_call_errhandler(MPI_COMM_WORLD, MPI_ERR_OTHER);
}

#define MESSAGE(name, parameters, arguments)            \
  int MPI_##name parameters {                           \
    message("MPI_" #name, __builtin_return_address(0)); \
    return PMPI_##name arguments;                       \
  }
typedef const void *in;
typedef MPI_Datatype type;
MESSAGE(Allreduce, (in s, void *r, int n, type t, MPI_Op o, MPI_Comm c), (s, r, n, t, o, c))
MESSAGE(Iallreduce, (in s, void *r, int n, type t, MPI_Op o, MPI_Comm c, MPI_Request *q), (s, r, n, t, o, c, q))
MESSAGE(Reduce, (in s, void *r, int n, type t, MPI_Op o, int root, MPI_Comm c), (s, r, n, t, o, root, c))
MESSAGE(Scan, (in s, void *r, int n, type t, MPI_Op o, MPI_Comm c), (s, r, n, t, o, c))
MESSAGE(Bcast, (void *b, int n, type t, int root, MPI_Comm c), (b, n, t, root, c))
MESSAGE(Barrier, (MPI_Comm c), (c))
MESSAGE(Allgather, (in s, int n, type t, void *r, int m, type u, MPI_Comm c), (s, n, t, r, m, u, c))
MESSAGE(Allgatherv, (in s, int n, type t, void *r, const int m[], const int d[], type u, MPI_Comm c),
        (s, n, t, r, m, d, u, c))
MESSAGE(Iallgatherv, (in s, int n, type t, void *r, const int m[], const int d[], type u, MPI_Comm c, MPI_Request *q),
        (s, n, t, r, m, d, u, c, q))
MESSAGE(Gather, (in s, int n, type t, void *r, int m, type u, int root, MPI_Comm c), (s, n, t, r, m, u, root, c))
MESSAGE(Gatherv, (in s, int n, type t, void *r, const int m[], const int d[], type u, int root, MPI_Comm c),
        (s, n, t, r, m, d, u, root, c))
MESSAGE(Send, (in b, int n, type t, int to, int tag, MPI_Comm c), (b, n, t, to, tag, c))
MESSAGE(Isend, (in b, int n, type t, int to, int tag, MPI_Comm c, MPI_Request *q), (b, n, t, to, tag, c, q))
MESSAGE(Recv, (void *b, int n, type t, int from, int tag, MPI_Comm c, MPI_Status *s), (b, n, t, from, tag, c, s))
MESSAGE(Irecv, (void *b, int n, type t, int from, int tag, MPI_Comm c, MPI_Request *q), (b, n, t, from, tag, c, q))
MESSAGE(Sendrecv,
        (in b, int n, type t, int to, int tag, void *r, int m, type u, int from, int other, MPI_Comm c, MPI_Status *s),
        (b, n, t, to, tag, r, m, u, from, other, c, s))
MESSAGE(Waitall, (int n, MPI_Request q[], MPI_Status s[]), (n, q, s))
MESSAGE(Comm_split, (MPI_Comm c, int color, int key, MPI_Comm *n), (c, color, key, n))
MESSAGE(Comm_split_type, (MPI_Comm c, int kind, int key, MPI_Info i, MPI_Comm *n), (c, kind, key, i, n))
