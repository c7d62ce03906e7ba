// SPDX-License-Identifier: Apache-2.0
// The last failure of the calling thread: message and source position.
#include "shardprop/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/visible.h"

enum { MESSAGE_SIZE = 16384 };

static _Thread_local char message[MESSAGE_SIZE];
static _Thread_local char place[256];

sp_status sp_fail_at(sp_status code, const char *file, int line, const char *format, ...) {
  char text[MESSAGE_SIZE];  // arguments may point into the old message
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  sp_visible_copy(text, sp_visible_lines(format), message, sizeof message);
  const char *slash = strrchr(file, '/');
  snprintf(place, sizeof place, "%s:%d", slash ? slash + 1 : file, line);
  return code;
}

sp_status sp_context(sp_status code, const char *format, ...) {
  if (code == SP_OK) return code;
  char context[MESSAGE_SIZE], text[MESSAGE_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(context, sizeof context, format, arguments);
  va_end(arguments);
  sp_visible_copy(context, false, text, sizeof text);
  size_t length = strlen(text);
  snprintf(text + length, sizeof text - length, ": %s", message);
  memcpy(message, text, strlen(text) + 1);
  return code;
}

const char *sp_error_message(void) { return message; }

const char *sp_error_place(void) { return place; }

int sp_exit_code(sp_status code) {
  switch (code) {
    case SP_OK: return 0;
    case SP_ERR_USAGE:
    case SP_ERR_SHAPE:
    case SP_ERR_CONFIG: return 2;
    case SP_STOPPED: return 75;
    default: return 1;
  }
}
