// SPDX-License-Identifier: Apache-2.0
// The errors of a document, collected and reported together in the order of the text.
#ifndef SP_CONFIG_COMPLAINTS_H
#define SP_CONFIG_COMPLAINTS_H

#include "base/memory.h"
#include "config/tree.h"
#include "shardprop/status.h"

enum { SP_COMPLAINTS = 200 };

typedef struct sp_complaint {
  const char *source;
  int line, column, order;
  const char *text;
} sp_complaint;

/// Initialise with `{.arena = …}`. Complaints beyond SP_COMPLAINTS are counted, but not stored.
typedef struct sp_complaints {
  sp_arena *arena;
  int64_t count;
  sp_complaint item[SP_COMPLAINTS];
} sp_complaints;

/// Add the complaint "source:line:col: path: …" with the position of the node `place`.
void sp_complain(sp_complaints *complaints, const sp_yaml_node *place, const sp_yaml_path *path, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/// Returns SP_OK without complaints; else SP_ERR_CONFIG with one line per complaint, in the order of the text.
sp_status sp_complaints_status(sp_complaints *complaints);

#endif
