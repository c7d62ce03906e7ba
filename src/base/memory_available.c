// SPDX-License-Identifier: Apache-2.0
// How much memory is left: the system's own figure, and the limits of the control groups (version 2) this process is in.
#include "base/memory_available.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"

/// A number of a small file of the kernel's; -1 when it is not there, or says "max".
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
  int64_t cached = number_in(path, "inactive_file ");  // pages of files, given up before anybody is killed
  if (limit < 0 || used < 0) return INT64_MAX;
  if (cached > 0) used -= cached;
  return used < limit ? limit - used : 0;
}

/// The tightest of the group that /proc/self/cgroup names and those it lies in.
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
  int64_t system = kilobytes >= 0 ? kilobytes * 1024 : (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 2;
  return group < system ? group : system;
}
