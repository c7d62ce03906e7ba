// SPDX-License-Identifier: Apache-2.0
// YAML text to a tree of nodes.
#ifndef SP_CONFIG_PARSE_H
#define SP_CONFIG_PARSE_H

#include "config/complaints.h"
#include "config/document.h"
#include "shardprop/status.h"

/// Parse YAML (libyaml): one document, plain maps, lists and scalars; anchors and aliases within limits.
/// `source` names the text in errors. Ownership: copies.
/// Errors: SP_ERR_CONFIG with one line `source:line:col: …` each: a syntax error, a duplicate key, a tag, a merge key,
/// a key that is no string, an empty text, a second document, more than 1 MiB of text, 32 levels, 1,000 anchors or
/// 100,000 nodes (keys are counted, and aliases in full).
sp_status sp_document_parse(const char *text, size_t size, const char *source, sp_document **out);

/// The same with a text that is the value of `key` in a map: places are those of the text. Copies the key.
sp_status sp_document_parse_value(const char *key, const char *text, size_t size, const char *source,
                                  sp_document **out);

/// Parse YAML into an arena. `placed`: nodes carry line and column (the text is a file of its own). *nodes counts on
/// from what it is. Returns NULL and complains when anything is wrong; text without any document gives a null node.
sp_yaml_node *sp_tree_parse(sp_arena *arena, const char *text, size_t size, const char *source, bool placed,
                            int64_t *nodes, sp_complaints *complaints);

#endif
