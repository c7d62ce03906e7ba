// SPDX-License-Identifier: Apache-2.0
// Output files that are not complete yet.
#include "base/unfinished.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 8, LENGTH = 4200 };
enum { FREE, CHANGES, LISTED };

static struct {
  atomic_int state;
  pid_t process;
  char path[LENGTH];
} list[MOST];
static atomic_int child;

/// Reserve an entry for this thread. Returns whether the entry had the state `from`.
static int takes(int i, int from) {
  int expected = from;
  return atomic_compare_exchange_strong(&list[i].state, &expected, CHANGES);
}

void sp_unfinished_add(const char *path) {
  if (strlen(path) >= LENGTH) return;
  for (int i = 0; i < MOST; i++) {
    if (!takes(i, FREE)) continue;
    snprintf(list[i].path, LENGTH, "%s", path);
    list[i].process = getpid();
    atomic_store(&list[i].state, LISTED);
    return;
  }
}

void sp_unfinished_forget(const char *path) {
  for (int i = 0; i < MOST; i++) {
    if (!takes(i, LISTED)) continue;
    atomic_store(&list[i].state, strcmp(list[i].path, path) == 0 ? FREE : LISTED);
  }
}

void sp_unfinished_child(pid_t process) { atomic_store(&child, (int)process); }

void sp_unfinished_remove(void) {
  pid_t process = (pid_t)atomic_load(&child);
  if (process > 0) kill(process, SIGKILL);
  for (int i = 0; i < MOST; i++) {
    if (atomic_load(&list[i].state) == LISTED && list[i].process == getpid()) unlink(list[i].path);
  }
}
