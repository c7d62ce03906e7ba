// SPDX-License-Identifier: Apache-2.0
// Expansion of file names and glob patterns.
#include "data/file_list.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"

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
