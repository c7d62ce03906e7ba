// SPDX-License-Identifier: Apache-2.0
// Expansion of file names and glob patterns.
#include "data/file_list.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/log.h"

/// A list of paths that grows in an arena.
typedef struct paths {
  sp_arena *arena;
  const char **item;
  int64_t count, capacity;
} paths;

static void add(paths *list, const char *path) {
  if (list->count == list->capacity) {
    int64_t capacity = 2 * list->capacity + 16;
    const char **larger = sp_arena_allocate(list->arena, (size_t)capacity * sizeof *larger);
    if (list->count > 0) memcpy(larger, list->item, (size_t)list->count * sizeof *larger);
    list->item = larger;
    list->capacity = capacity;
  }
  list->item[list->count++] = sp_arena_copy(list->arena, path, strlen(path));
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static sp_status add_matches(paths *list, const char *pattern) {
  glob_t found = {0};
  int failed = glob(pattern, GLOB_NOSORT, NULL, &found);
  sp_status status = SP_OK;
  if (failed == GLOB_NOMATCH) {
    status = sp_fail(SP_ERR_DATA, "%s: no file matches this pattern", pattern);
  } else if (failed) {
    status = sp_fail(SP_ERR_MEMORY, "%s: out of memory while expanding this pattern", pattern);
  } else {
    qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
    for (size_t i = 0; i < found.gl_pathc; i++) add(list, found.gl_pathv[i]);
  }
  globfree(&found);
  return status;
}

sp_status sp_file_list(const sp_strings *patterns, sp_arena *arena, sp_strings *out) {
  paths list = {.arena = arena};
  for (int64_t i = 0; i < patterns->count; i++) {
    const char *name = patterns->item[i];
    if (strpbrk(name, "*?[") && !sp_file_exists(name)) {
      SP_TRY(add_matches(&list, name));
    } else {
      add(&list, name);
    }
  }
  if (list.count == 0) return sp_fail(SP_ERR_DATA, "file: the list of files is empty, expected at least one");
  *out = (sp_strings){.item = list.item, .count = list.count};
  return SP_OK;
}

// --- files that are listed twice ----------------------------------------------------------------------------------

typedef struct identity {
  dev_t device;
  ino_t inode;
  int64_t at;  // place in the list
} identity;

static int by_identity(const void *a, const void *b) {
  const identity *x = a, *y = b;
  if (x->device != y->device) return x->device < y->device ? -1 : 1;
  if (x->inode != y->inode) return x->inode < y->inode ? -1 : 1;
  return x->at < y->at ? -1 : x->at > y->at;
}

static bool is_same(const identity *a, const identity *b) { return a->device == b->device && a->inode == b->inode; }

void sp_file_list_warn_of_repeats(const sp_strings *files) {
  int64_t found = 0, repeats = 0, first = 0;
  identity *file = files->count > 1 ? malloc((size_t)files->count * sizeof *file) : NULL;
  if (!file) return;
  for (int64_t i = 0; i < files->count; i++) {
    struct stat about;
    if (stat(files->item[i], &about) == 0) file[found++] = (identity){about.st_dev, about.st_ino, i};
  }
  qsort(file, (size_t)found, sizeof *file, by_identity);
  for (int64_t i = 1; i < found; i++) {
    if (!is_same(&file[i - 1], &file[i])) continue;
    if (repeats == 0 || file[i].at < file[first].at) first = i;
    repeats++;
  }
  if (repeats > 0) {
    const char *name = files->item[file[first].at], *before = files->item[file[first - 1].at];
    bool other = strcmp(name, before) != 0;
    sp_warn(
        "%s: is listed more than once%s%s%s, so its rows are used more than once (in total, the list of %lld files "
        "has %lld repeated file%s)",
        name, other ? " (also as " : "", other ? before : "", other ? ")" : "", (long long)files->count,
        (long long)repeats, repeats == 1 ? "" : "s");
  }
  free(file);
}
