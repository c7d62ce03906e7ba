// SPDX-License-Identifier: Apache-2.0
// Writes a tree as YAML text.
#ifndef SP_CONFIG_WRITE_H
#define SP_CONFIG_WRITE_H

#include "base/text.h"
#include "config/document.h"

/// Write a document as YAML: block style, scalars quoted when necessary, short lists of scalars on one line. Parsing
/// the result gives an equal document.
void sp_document_write(const sp_document *document, sp_text *out);

/// Append a tree as YAML, in block style or on one line without a line break.
void sp_tree_write(const sp_yaml_node *node, bool one_line, sp_text *out);

#endif
