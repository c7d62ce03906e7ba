// SPDX-License-Identifier: Apache-2.0
// A document checked against an option table, with every default filled in.
#ifndef SP_CONFIG_RESOLVE_H
#define SP_CONFIG_RESOLVE_H

#include "base/memory.h"
#include "config/document.h"
#include "config/options.h"
#include "shardprop/status.h"

/// Check against a table and fill in every default: the resolved document, in the table's order. Null is the same as
/// leaving an option out. Does not borrow from `document`.
/// Errors: SP_ERR_CONFIG whose message has one line for each thing that is wrong, in the order of the text:
/// `fashion.yaml:14:7: optimizer.rmsprop.decay: expected a number in [0, 1), got 1.5`, `…: unknown key (did you mean
/// 'decay'?)`, `…: missing …`.
sp_status sp_document_resolve(const sp_document *document, const sp_option *table, sp_document **out);

/// A MAP checked against a table, every default filled in: what sp_map_read reads. In the arena.
sp_status sp_map_resolve(const sp_map *map, const sp_option *table, sp_arena *arena, sp_yaml_node **out);

#endif
