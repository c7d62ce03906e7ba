// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with a document, gathered and reported together in the order of the text.
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

/// Start with `{.arena = …}`. More than SP_COMPLAINTS are counted, not kept.
typedef struct sp_complaints {
  sp_arena *arena;
  int64_t count;
  sp_complaint item[SP_COMPLAINTS];
} sp_complaints;

/// Add "source:line:col: path: …" with the place of a node.
void sp_complain(sp_complaints *complaints, const sp_yaml_node *place, const sp_yaml_path *path, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/// SP_OK when there are none; else SP_ERR_CONFIG with a line each, in the order of the text.
sp_status sp_complaints_status(sp_complaints *complaints);

#endif
