// SPDX-License-Identifier: Apache-2.0
// Comparison of two resolved documents of one table, by value.
#ifndef SP_CONFIG_COMPARE_H
#define SP_CONFIG_COMPARE_H

#include "config/document.h"
#include "config/options.h"

/// One difference between two resolved documents of one table. Values are YAML on one line, "(none)" if absent.
typedef struct sp_difference {
  const char *path;
  const char *before, *after;
  bool changeable;  ///< by the flags of its option or of a section around it
} sp_difference;

/// Compare key by key, and call `each` for every leaf that differs, in the order of the table.
void sp_document_compare(const sp_document *before, const sp_document *after, const sp_option *table,
                         void (*each)(const sp_difference *, void *), void *context);

#endif
