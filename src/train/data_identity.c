// SPDX-License-Identifier: Apache-2.0
// Writing and comparing the identity of a run's data.
#include "train/data_identity.h"

#include <stdbool.h>
#include <string.h>

#include "base/visible.h"

// The identity is stored as comments at the end of the checkpoint's configuration.
static const char data_mark[] = "\n# data: ", contents_mark[] = "\n# contents: ";

void sp_data_identity_write(sp_text *text, const char *signature, const char *contents) {
  sp_text_add(text, "%s", data_mark + 1);
  sp_visible_add(text, signature);  // contains names from files; must stay one line
  sp_text_add(text, "%s%s\n", contents_mark, contents);
}

/// Return the rest of the line after a mark; NULL: there is none.
static const char *marked(const char *text, const char *mark, int *length) {
  const char *line = strstr(text, mark);
  if (!line) return NULL;
  line += strlen(mark);
  *length = (int)strcspn(line, "\n");
  return line;
}

static bool differs(const char *before, int before_length, const char *now, int now_length) {
  return before_length != now_length || strncmp(before, now, (size_t)now_length) != 0;
}

sp_status sp_data_identity_compare(const char *stored, const char *config) {
  int before_length, now_length;
  const char *before = marked(stored, data_mark, &before_length), *now = marked(config, data_mark, &now_length);
  if (!before || !now) return SP_OK;
  if (differs(before, before_length, now, now_length)) {
    return sp_fail(SP_ERR_CONFIG,
                   "the data do not match those of the run:\n  the run has %.*s\n  the configuration %.*s",
                   before_length, before, now_length, now);
  }
  before = marked(stored, contents_mark, &before_length);
  now = marked(config, contents_mark, &now_length);
  if (!before || !now || !differs(before, before_length, now, now_length))
    return SP_OK;  // version 0.1 stored no contents
  return sp_fail(SP_ERR_CONFIG,
                 "the rows of the data files do not match those of the run:\n  the run has %.*s\n  the "
                 "configuration %.*s\n(files may be moved or split differently, but rows and their order must stay the "
                 "same: restore the files of the run, or choose another run.directory for a new run)",
                 before_length, before, now_length, now);
}
