// SPDX-License-Identifier: Apache-2.0
// Lines for people, on stderr.
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/visible.h"

static sp_log_level level = SP_LOG_INFO;
static int copy = -1;

void sp_log_set_level(sp_log_level l) { level = l; }

sp_log_level sp_log_get_level(void) { return level; }

void sp_log_set_copy(int descriptor) { copy = descriptor; }

static void write_whole(int descriptor, const char *text, size_t size) {
  while (size > 0) {
    ssize_t written = write(descriptor, text, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) sp_interrupt_request(SIGPIPE);  // the reader is gone
    if (written <= 0) return;
    text += written;
    size -= (size_t)written;
  }
}

__attribute__((format(printf, 3, 0))) static void line(sp_log_level l, const char *prefix, const char *format,
                                                       va_list arguments) {
  if (l > level && copy < 0) return;
  char made[20000], text[20000];
  size_t head = strlen(prefix);
  memcpy(text, prefix, head);
  vsnprintf(made, sizeof made, format, arguments);
  sp_visible_copy(made, sp_visible_lines(format), text + head, sizeof text - head - 1);
  size_t size = strlen(text);
  text[size++] = '\n';
  if (l <= level) write_whole(STDERR_FILENO, text, size);
  if (copy >= 0) write_whole(copy, text, size);
}

void sp_info(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line(SP_LOG_INFO, "shardprop: ", format, arguments);
  va_end(arguments);
}

void sp_warn(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line(SP_LOG_WARNING, "shardprop: warning: ", format, arguments);
  va_end(arguments);
}

void sp_error(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line(SP_LOG_ERROR, "shardprop: error: ", format, arguments);
  va_end(arguments);
}
