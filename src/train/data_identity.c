// SPDX-License-Identifier: Apache-2.0
// Writing and comparing what identifies the data of a run.
#include "train/data_identity.h"

#include <stdbool.h>
#include <string.h>

#include "base/visible.h"

// Comments below the configuration that a checkpoint keeps.
static const char data_mark[] = "\n# data: ", contents_mark[] = "\n# contents: ";

void sp_data_identity_write(sp_text *text, const char *signature, const char *contents) {
  sp_text_add(text, "%s", data_mark + 1);
  sp_visible_add(text, signature);  // it holds names, and is one line
  sp_text_add(text, "%s%s\n", contents_mark, contents);
}

/// The rest of the line behind a mark; NULL: there is none.
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
                   "the data are not those the run was made with:\n  the run has %.*s\n  now there are %.*s",
                   before_length, before, now_length, now);
  }
  before = marked(stored, contents_mark, &before_length);
  now = marked(config, contents_mark, &now_length);
  if (!before || !now || !differs(before, before_length, now, now_length)) return SP_OK;  // 0.1 knew no contents
  return sp_fail(SP_ERR_CONFIG,
                 "the data files hold other rows than those the run was made with:\n  the run has %.*s\n  now "
                 "there are %.*s\n(files may be moved, or divided in another way, but rows and their order must stay: "
                 "bring the files of the run back, or choose another run.directory for a new run)",
                 before_length, before, now_length, now);
}
