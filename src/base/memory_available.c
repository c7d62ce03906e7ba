// SPDX-License-Identifier: Apache-2.0
// The available memory: the system's figure, limited by the control groups (version 2) of this process.
#include "base/memory_available.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"

/// Returns a number from a small file of the kernel; -1 when it is missing or "max".
static int64_t number_in(const char *path, const char *label) {
  char *text;
  size_t size;
  long long number = -1;
  if (sp_file_read(path, 1 << 20, &text, &size) != SP_OK) return -1;
  const char *at = strstr(text, label);
  if (at && sscanf(at + strlen(label), "%lld", &number) != 1) number = -1;
  free(text);
  return number;
}

static int64_t left_in_group(const char *group) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group);
  int64_t limit = number_in(path, "");
  snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.current", group);
  int64_t used = number_in(path, "");
  snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.stat", group);
  int64_t cached = number_in(path, "inactive_file ");  // pages of files, freed before a process is killed
  if (limit < 0 || used < 0) return INT64_MAX;
  if (cached > 0) used -= cached;
  return used < limit ? limit - used : 0;
}

/// The least over the group that /proc/self/cgroup names and its parents.
static int64_t left_in_groups(void) {
  char *text;
  size_t size;
  int64_t least = INT64_MAX;
  if (sp_file_read("/proc/self/cgroup", 1 << 20, &text, &size) != SP_OK) return least;
  char *group = strstr(text, "0::/");
  if (group) {
    group += 3;
    group[strcspn(group, "\n")] = '\0';
    for (char *end = group + strlen(group); end; end = strrchr(group, '/')) {
      *end = '\0';
      int64_t left = left_in_group(group);
      least = left < least ? left : least;
    }
  }
  free(text);
  return least;
}

int64_t sp_memory_available(void) {
  int64_t kilobytes = number_in("/proc/meminfo", "MemAvailable:"), group = left_in_groups();
  int64_t system = kilobytes >= 0 ? kilobytes * 1024 : sp_memory_installed() / 2;
  return group < system ? group : system;
}

int64_t sp_memory_installed(void) { return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE); }
