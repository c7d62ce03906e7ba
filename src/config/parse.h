// SPDX-License-Identifier: Apache-2.0
// Parses YAML text into a tree of nodes.
#ifndef SP_CONFIG_PARSE_H
#define SP_CONFIG_PARSE_H

#include "config/complaints.h"
#include "config/document.h"
#include "shardprop/status.h"

/// Parse YAML (libyaml): one document of plain maps, lists and scalars, with a limited number of anchors and aliases.
/// `source` names the text in errors. Ownership: copies.
/// Errors: SP_ERR_CONFIG with one line `source:line:col: …` for each error: a syntax error, a duplicate key, a tag, a
/// merge key, a key that is not a string, an empty text, a second document, more than 1 MiB of text, 32 levels, 1,000
/// anchors or 100,000 nodes (counting keys, and the nodes that aliases repeat).
sp_status sp_document_parse(const char *text, size_t size, const char *source, sp_document **out);

/// The same for a text that is the value of `key` in a map. Positions are those in the text. Copies the key.
sp_status sp_document_parse_value(const char *key, const char *text, size_t size, const char *source,
                                  sp_document **out);

/// Parse YAML into an arena. `placed`: nodes have lines and columns (the text is a file). Adds the number of nodes to
/// *nodes. Returns NULL and complains on errors. A text without a document gives a null node.
sp_yaml_node *sp_tree_parse(sp_arena *arena, const char *text, size_t size, const char *source, bool placed,
                            int64_t *nodes, sp_complaints *complaints);

#endif
