// SPDX-License-Identifier: Apache-2.0
// Identifying processes by number and start time.
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Read the beginning of a small system file. Returns false when it cannot be read.
static bool read_text(const char *path, size_t size, char *text) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = descriptor < 0 ? -1 : read(descriptor, text, size - 1);
  if (descriptor >= 0) close(descriptor);
  text[got > 0 ? got : 0] = '\0';
  return got > 0;
}

void sp_process_boot(char boot[SP_PROCESS_BOOT]) {
  char text[SP_PROCESS_BOOT];
  bool known = read_text("/proc/sys/kernel/random/boot_id", sizeof text, text);
  text[strcspn(text, " \n")] = '\0';
  snprintf(boot, SP_PROCESS_BOOT, "%s", known && *text ? text : "?");
}

/// Read the state and the start time of a process from /proc; 0 and -1 when unknown.
static void examine(int64_t pid, char *state, int64_t *began) {
  enum { BEGAN = 22, AFTER_NAME = 3 };  // fields, from 1
  char path[64], text[1024];
  *state = 0;
  *began = -1;
  snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
  char *field = read_text(path, sizeof text, text) ? strrchr(text, ')') : NULL;  // a name may hold spaces
  if (!field || field[1] != ' ') return;
  *state = field[2];
  for (int i = AFTER_NAME - 1; i < BEGAN && field; i++) field = strchr(field + 1, ' ');
  char *end;
  long long found = field ? strtoll(field + 1, &end, 10) : -1;
  if (field && end > field + 1 && found >= 0) *began = found;
}

int64_t sp_process_began(int64_t pid) {
  char state;
  int64_t began;
  examine(pid, &state, &began);
  return began;
}

bool sp_process_has_ended(int64_t pid, int64_t began) {
  char state;
  int64_t found;
  examine(pid, &state, &found);
  bool another = began >= 0 && found >= 0 && found != began;
  return state == 'Z' || another || (kill((pid_t)pid, 0) != 0 && errno == ESRCH);
}
