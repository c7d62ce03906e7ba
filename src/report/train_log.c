// SPDX-License-Identifier: Apache-2.0
// train.log: a copy of every line that is logged while the run trains.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "report/report_interface.h"

typedef struct train_log {
  char path[PATH_MAX];
  int file;  // -1: not open
} train_log;

static sp_status open_log(const sp_report_start *start, void **context) {
  train_log *log;
  SP_TRY(sp_allocate(1, sizeof *log, "train.log", &log));
  snprintf(log->path, sizeof log->path, "%s/train.log", start->directory);
  log->file = -1;
  *context = log;
  return SP_OK;
}

static sp_status on_begin(void *context, const sp_standing *s) {
  train_log *log = context;
  (void)s;
  SP_TRY(sp_file_set_aside(log->path));
  log->file = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (log->file < 0) return sp_file_error(log->path, "cannot be opened", errno);
  sp_log_set_copy(log->file);
  return SP_OK;
}

/// The caller of the training prints the error on stderr only, so it is added to the log here.
static void on_fail(void *context, int64_t step, const char *message) {
  const train_log *log = context;
  (void)step;
  dprintf(log->file, "shardprop: error: %s\n", message);
}

static void on_finish(void *context) {
  train_log *log = context;
  if (log->file < 0) return;
  sp_log_set_copy(-1);
  close(log->file);
  log->file = -1;
}

const sp_report_type sp_report_train_log = {
    .open = open_log, .events = {.begin = on_begin, .fail = on_fail, .finish = on_finish, .close = free}};
