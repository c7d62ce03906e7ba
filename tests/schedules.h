// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of schedules: a section `schedule` from its text, and its factor at a step.
#ifndef SP_TESTS_SCHEDULES_H
#define SP_TESTS_SCHEDULES_H

#include "check.h"
#include "config/document.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "optim/schedule.h"

typedef struct read_section {
  const sp_schedule_options *schedule;
} read_section;

static const sp_option section_table[] = {{"schedule", SP_OPTION_SECTION, offsetof(read_section, schedule),
                                           .fields = sp_schedule_fields, .fields_size = sizeof(sp_schedule_options)},
                                          {0}};

/// "{cosine: {end: 0.1}, warmup: 5 steps}"; the document owns the options.
static inline sp_document *read_schedule(const char *section, const sp_schedule_options **out) {
  char text[1024];
  sp_document *document = NULL, *resolved = NULL;
  read_section read;
  snprintf(text, sizeof text, "schedule: %s", section);
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  assert_ok(sp_document_resolve(document, section_table, &resolved));
  sp_document_free(document);
  sp_document_read(resolved, section_table, &read);
  *out = read.schedule;
  return resolved;
}

#endif
