// Comparing a configuration with the one a run was made with.
// May include: base, config, checkpoint, train/config.h.
#include "train/resume.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/directory.h"

// Behind the configuration, as comments.
static const char data_mark[] = "\n# data: ", contents_mark[] = "\n# contents: ";

char *sp_resume_stored_config(const char *checkpoints) {
  int64_t *step, count;
  char *config = NULL;
  if (sp_checkpoint_list(checkpoints, &step, &count) != SP_OK) return NULL;
  for (int64_t i = 0; i < count && !config; i++) {
    char path[PATH_MAX];
    sp_checkpoint_about about;
    snprintf(path, sizeof path, "%s/step-%09lld", checkpoints, (long long)step[i]);
    if (sp_checkpoint_inspect(path, &about) != SP_OK) continue;
    config = about.config;
    about.config = NULL;
    sp_checkpoint_about_free(&about);
  }
  free(step);
  return config;
}

typedef struct differences {
  sp_text taken, refused;
} differences;

static void note(const sp_difference *d, void *context) {
  differences *all = context;
  sp_text_add(d->changeable ? &all->taken : &all->refused, "\n  %s: the run has %s, the configuration %s", d->path,
              d->before, d->after);
}

static sp_status compare(const sp_run_config *run, const sp_run_config *config) {
  differences found = {0};
  sp_document_compare(run->document, config->document, sp_run_fields, note, &found);
  sp_status status = SP_OK;
  if (found.refused.size > 0) {
    status = sp_fail(SP_ERR_CONFIG, "the run exists and cannot go on with another configuration:%s\n"
                     "(set it back, or choose another run.directory for a new run)", found.refused.data);
  } else if (found.taken.size > 0) {
    sp_info("changed since the run was started, and taken:%s", found.taken.data);
  }
  sp_text_free(&found.taken);
  sp_text_free(&found.refused);
  return status;
}

sp_status sp_resume_compare(const char *stored, sp_run_config *config) {
  sp_run_config run;
  SP_TRY(sp_context(sp_run_config_read(stored, strlen(stored), "the run's configuration", NULL, 0, &run),
                    "the checkpoint holds a configuration that this version does not understand"));
  sp_status status = SP_OK;
  if (config->train->lanes == SP_AUTO) status = sp_run_config_set_lanes(config, run.train->lanes);
  if (status == SP_OK) status = compare(&run, config);
  sp_run_config_free(&run);
  return status;
}

void sp_resume_mark_data(sp_text *text, const char *signature, const char *contents) {
  sp_text_add(text, "%s%s%s%s\n", data_mark + 1, signature, contents_mark, contents);
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

sp_status sp_resume_compare_data(const char *stored, const char *config) {
  int before_length, now_length;
  const char *before = marked(stored, data_mark, &before_length), *now = marked(config, data_mark, &now_length);
  if (!before || !now) return SP_OK;
  if (differs(before, before_length, now, now_length)) {
    return sp_fail(SP_ERR_CONFIG, "the data are not those the run was made with:\n  the run has %.*s\n  now there are %.*s",
                   before_length, before, now_length, now);
  }
  before = marked(stored, contents_mark, &before_length);
  now = marked(config, contents_mark, &now_length);
  if (!before || !now || !differs(before, before_length, now, now_length)) return SP_OK;  // 0.1 knew no contents
  return sp_fail(SP_ERR_CONFIG, "the data files hold other rows than those the run was made with:\n  the run has %.*s\n  now "
                 "there are %.*s\n(files may be moved, or divided in another way, but rows and their order must stay: "
                 "bring the files of the run back, or choose another run.directory for a new run)", before_length, before,
                 now_length, now);
}
