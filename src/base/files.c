// SPDX-License-Identifier: Apache-2.0
// Files that are complete or absent.
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/unfinished.h"

sp_status sp_file_error(const char *path, const char *what, int system_error) {
  bool full = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
  const char *hint = full ? " (free some space, then start again)"
                     : system_error == EACCES || system_error == EROFS
                         ? " (choose a path that you have permission to use)"
                         : "";
  return sp_fail(full ? SP_ERR_SPACE : SP_ERR_IO, "%s: %s: %s%s", path, what, strerror(system_error), hint);
}

sp_status sp_file_read(const char *path, int64_t limit, char **data, size_t *size) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return sp_file_error(path, "cannot be opened", errno);
  struct stat about;
  sp_status status = SP_OK;
  char *text = NULL;
  size_t length = 0;
  if (fstat(descriptor, &about) != 0) {
    status = sp_file_error(path, "cannot be examined", errno);
  } else if (S_ISDIR(about.st_mode)) {
    status = sp_fail(SP_ERR_IO, "%s: is a directory, expected a file", path);
  }
  size_t capacity = 65536;
  while (status == SP_OK) {
    if (!text || capacity - length < 2) {
      if (text) capacity *= 2;
      char *larger = realloc(text, capacity);
      if (!larger) {
        status = sp_fail(SP_ERR_MEMORY, "%s: not enough memory to read the file", path);
        break;
      }
      text = larger;
    }
    ssize_t got = read(descriptor, text + length, capacity - length - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) status = sp_file_error(path, "cannot be read", errno);
    if (got <= 0) break;
    length += (size_t)got;
    if ((int64_t)length > limit) {
      status = sp_fail(SP_ERR_IO, "%s: is larger than %lld bytes", path, (long long)limit);
    }
  }
  close(descriptor);
  if (status != SP_OK) {
    free(text);
    return status;
  }
  text[length] = '\0';
  *data = text;
  *size = length;
  return SP_OK;
}

static sp_status sync_path(const char *path, int flags) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | flags);
  if (descriptor < 0) return sp_file_error(path, "cannot be opened to sync it", errno);
  // Some file systems cannot sync a directory and return EINVAL, which is not treated as an error.
  int failed = fsync(descriptor) != 0 && errno != EINVAL ? errno : 0;
  close(descriptor);
  return failed ? sp_file_error(path, "cannot be synced", failed) : SP_OK;
}

sp_status sp_file_sync(const char *path) { return sync_path(path, 0); }

sp_status sp_directory_sync(const char *path) { return sync_path(path, O_DIRECTORY); }

static sp_status sync_parent(const char *path) {
  char copy[PATH_MAX];
  snprintf(copy, sizeof copy, "%s", path);
  return sp_directory_sync(dirname(copy));
}

static sp_status move(const char *from, const char *to) {
  if (rename(from, to) == 0) return SP_OK;
  int failed = errno;
  char what[PATH_MAX + 40];
  snprintf(what, sizeof what, "cannot be renamed to %s", to);
  return sp_file_error(from, what, failed);
}

sp_status sp_file_rename(const char *from, const char *to) {
  SP_TRY(move(from, to));
  return sync_parent(to);
}

static sp_status write_beside(const char *path, const void *data, size_t size, bool sync) {
  char beside[PATH_MAX];
  if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside) {
    return sp_fail(SP_ERR_IO, "%s: name too long", path);
  }
  SP_TRY(sp_file_set_aside(beside));
  struct stat about;
  if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) SP_TRY(sp_file_set_aside(path));  // rename cannot replace it
  int descriptor = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return sp_file_error(path, "cannot be written", errno);
  sp_unfinished_add(beside);
  const char *next = data;
  int failed = 0;
  for (size_t left = size; left > 0 && !failed;) {
    ssize_t written = write(descriptor, next, left);
    if (written < 0 && errno != EINTR) failed = errno;
    if (written > 0) {
      next += written;
      left -= (size_t)written;
    }
  }
  if (!failed && sync && fsync(descriptor) != 0) failed = errno;
  if (close(descriptor) != 0 && !failed) failed = errno;
  if (failed) {
    sp_file_abandon(beside);
    return sp_file_error(path, "cannot be written", failed);
  }
  sp_status status = move(beside, path);
  if (status != SP_OK) {
    sp_file_abandon(beside);
    return status;
  }
  sp_unfinished_forget(beside);
  return sync ? sync_parent(path) : SP_OK;
}

sp_status sp_file_write(const char *path, const void *data, size_t size) {
  return write_beside(path, data, size, true);
}

sp_status sp_file_replace(const char *path, const void *data, size_t size) {
  return write_beside(path, data, size, false);
}

sp_status sp_file_overwrite(const char *path, const void *data, size_t size) {
  struct stat about;
  int descriptor = open(path, O_WRONLY | O_CLOEXEC), failed = 0;
  if (descriptor < 0) return sp_file_error(path, "cannot be opened", errno);
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode) || (int64_t)about.st_blocks * 512 < (int64_t)size) {
    failed = ENOSPC;
  } else if (pwrite(descriptor, data, size, 0) != (ssize_t)size || ftruncate(descriptor, (off_t)size) != 0 ||
             fsync(descriptor) != 0) {
    failed = errno ? errno : ENOSPC;
  }
  close(descriptor);
  return failed ? sp_file_error(path, "cannot be written", failed) : SP_OK;
}

static bool is_directory(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

sp_status sp_directory_create(const char *path) {
  char copy[PATH_MAX];
  if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) {
    return sp_fail(SP_ERR_IO, "%s: name too long", path);
  }
  for (char *slash = copy + 1; *copy; slash++) {
    slash = strchr(slash, '/');
    if (slash) *slash = '\0';
    bool made = mkdir(copy, 0777) == 0;
    if (!made && errno != EEXIST) return sp_file_error(copy, "cannot be created", errno);
    if (!made && !is_directory(copy)) {
      return sp_fail(SP_ERR_IO, "%s: is %s, expected a directory: move it away, or choose another path", copy,
                     sp_file_exists(copy) ? "a file" : "a dangling symbolic link");
    }
    if (made) SP_TRY(sync_parent(copy));
    if (!slash) break;
    *slash = '/';
  }
  return SP_OK;
}

sp_status sp_directory_remove(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) return errno == ENOENT ? SP_OK : sp_file_error(path, "cannot be removed", errno);
  sp_status status = SP_OK;
  struct dirent *entry;
  while (status == SP_OK && (entry = readdir(directory))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char child[PATH_MAX];
    struct stat about;
    if (snprintf(child, sizeof child, "%s/%s", path, entry->d_name) >= (int)sizeof child) {
      status = sp_fail(SP_ERR_IO, "%s/%s: name too long", path, entry->d_name);
    } else if (lstat(child, &about) == 0 && S_ISDIR(about.st_mode)) {
      status = sp_directory_remove(child);
    } else if (unlink(child) != 0 && errno != ENOENT) {
      status = sp_file_error(child, "cannot be removed", errno);
    }
  }
  closedir(directory);
  if (status == SP_OK && rmdir(path) != 0 && errno != ENOENT) status = sp_file_error(path, "cannot be removed", errno);
  return status;
}

sp_status sp_file_begin(const char *path, bool replace, char beside[SP_FILE_BESIDE]) {
  char copy[SP_FILE_BESIDE], target[PATH_MAX];
  if (!*path || path[strlen(path) - 1] == '/') return sp_fail(SP_ERR_USAGE, "'%s': expected the name of a file", path);
  if (strcmp(path, "-") == 0) {
    return sp_fail(
        SP_ERR_USAGE,
        "'-': expected the name of a file: standard output is not supported (write ./- for a file named '-')");
  }
  if (sp_file_exists(path) && !replace) {
    return sp_fail(SP_ERR_DATA, "%s: already exists (use --force to replace it)", path);
  }
  struct stat about;
  if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {  // rename by the superuser would replace a device, too
    return sp_fail(SP_ERR_DATA, "%s: is %s, expected a regular file", path,
                   S_ISDIR(about.st_mode) ? "a directory" : "a device or a pipe");
  }
  bool linked = lstat(path, &about) == 0 && S_ISLNK(about.st_mode) && realpath(path, target);
  if (snprintf(beside, SP_FILE_BESIDE, "%s.new-%ld", linked ? target : path, (long)getpid()) >= SP_FILE_BESIDE) {
    return sp_fail(SP_ERR_IO, "%s: name too long", path);
  }
  snprintf(copy, sizeof copy, "%s", beside);
  SP_TRY(sp_directory_create(dirname(copy)));
  unlink(beside);  // left by a killed process with the same number
  int descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return sp_file_error(path, "cannot be written", errno);
  close(descriptor);
  sp_unfinished_add(beside);
  return SP_OK;
}

void sp_file_abandon(const char *beside) {
  unlink(beside);
  sp_unfinished_forget(beside);
}

sp_status sp_file_commit(const char *beside) {
  char path[SP_FILE_BESIDE];
  snprintf(path, sizeof path, "%.*s", (int)(strrchr(beside, '.') - beside), beside);  // without ".new-<process>"
  SP_TRY(move(beside, path));
  sp_unfinished_forget(beside);
  return sync_parent(path);
}

sp_status sp_file_check_output(const char *output, const char *input) {
  bool same = sp_file_same(output, input);
  DIR *directory = same ? NULL : opendir(input);
  struct dirent *entry;
  while (directory && !same && (entry = readdir(directory))) {
    char path[PATH_MAX];
    same = entry->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", input, entry->d_name) < (int)sizeof path &&
           sp_file_same(output, path);
  }
  if (directory) closedir(directory);
  if (!same) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: is the input %s or a file in it; choose another file for the output", output, input);
}

bool sp_file_exists(const char *path) { return access(path, F_OK) == 0; }

sp_status sp_file_mark_damaged(const char *path, const char *why) {
  char aside[PATH_MAX];
  if (!sp_file_present(path)) return SP_OK;
  if (snprintf(aside, sizeof aside, "%s.damaged", path) >= (int)sizeof aside) {
    return sp_fail(SP_ERR_IO, "%s: name too long", path);
  }
  struct stat about;
  if (lstat(aside, &about) == 0 &&
      (S_ISDIR(about.st_mode) ? sp_directory_remove(aside) != SP_OK : unlink(aside) != 0)) {
    return sp_file_error(aside, "cannot be removed", errno);
  }
  if (rename(path, aside) != 0) {
    int error = errno;
    return sp_context(sp_file_error(path, "cannot be renamed, so remove it", error), "%s: %s", path, why);
  }
  sp_warn("%s: %s; renamed it to %s", path, why, aside);
  return SP_OK;
}

sp_status sp_file_set_aside(const char *path) {
  return sp_file_regular(path) ? SP_OK : sp_file_mark_damaged(path, "is not a regular file");
}

bool sp_file_present(const char *path) {
  struct stat about;
  return lstat(path, &about) == 0;
}

bool sp_file_regular(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

bool sp_file_same(const char *path, const char *other) {
  struct stat a, b;
  return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int64_t sp_file_size(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 ? (int64_t)about.st_size : -1;
}

double sp_file_time(const char *path) {
  struct stat about;
  if (stat(path, &about) != 0) return NAN;
  return (double)about.st_mtim.tv_sec + 1e-9 * (double)about.st_mtim.tv_nsec;
}

int64_t sp_space_left(const char *path) {
  char copy[PATH_MAX];
  struct statvfs about;
  snprintf(copy, sizeof copy, "%s", path);
  for (const char *at = copy;;) {
    if (statvfs(at, &about) == 0) return (int64_t)(about.f_bavail * about.f_frsize);
    if (errno != ENOENT || strcmp(at, ".") == 0 || strcmp(at, "/") == 0) return -1;
    at = dirname(copy);
    if (at != copy) memmove(copy, at, strlen(at) + 1);
    at = copy;
  }
}

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double sp_clock(void) { return seconds(CLOCK_MONOTONIC); }

double sp_clock_calendar(void) { return seconds(CLOCK_REALTIME); }
