// SPDX-License-Identifier: Apache-2.0
// Checks a document against an option table and fills in all defaults.
#ifndef SP_CONFIG_RESOLVE_H
#define SP_CONFIG_RESOLVE_H

#include "base/memory.h"
#include "config/document.h"
#include "config/options.h"
#include "shardprop/status.h"

/// Check a document against a table and fill in all defaults. The resolved document is in the order of the table. A
/// null value is the same as an omitted option. Does not borrow from `document`.
/// Errors: SP_ERR_CONFIG whose message has one line for each error, in the order of the text:
/// `fashion.yaml:14:7: optimizer.rmsprop.decay: expected a number in [0, 1), got 1.5`, `…: unknown key (did you mean
/// 'decay'?)`, `…: missing …`.
sp_status sp_document_resolve(const sp_document *document, const sp_option *table, sp_document **out);

/// Check a MAP against a table and fill in all defaults, for sp_map_read. *out is in the arena.
sp_status sp_map_resolve(const sp_map *map, const sp_option *table, sp_arena *arena, sp_yaml_node **out);

#endif
