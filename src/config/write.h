// SPDX-License-Identifier: Apache-2.0
// A tree as YAML text.
#ifndef SP_CONFIG_WRITE_H
#define SP_CONFIG_WRITE_H

#include "base/text.h"
#include "config/document.h"

/// Write as YAML: block style, scalars quoted when they must be, short lists of scalars in one line. Parsing what was
/// written gives an equal document.
void sp_document_write(const sp_document *document, sp_text *out);

/// Append a tree as YAML: in block style, or in one line without a line break.
void sp_tree_write(const sp_yaml_node *node, bool one_line, sp_text *out);

#endif
