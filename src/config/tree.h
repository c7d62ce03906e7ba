// SPDX-License-Identifier: Apache-2.0
// A configuration as a tree of nodes with source positions, and paths to them.
#ifndef SP_CONFIG_TREE_H
#define SP_CONFIG_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/options.h"

enum { SP_TREE_BYTES = 1 << 20, SP_TREE_DEPTH = 32, SP_TREE_NODES = 100000, SP_TREE_ANCHORS = 1000 };

typedef enum sp_yaml_kind { SP_YAML_NULL, SP_YAML_SCALAR, SP_YAML_LIST, SP_YAML_MAP } sp_yaml_kind;

typedef struct sp_yaml_node {
  sp_yaml_kind kind;
  const char *key;     ///< of the entry in its map; NULL in a list and at the root
  const char *text;    ///< of a scalar
  bool quoted;         ///< the scalar was written in quotes, and so is a string
  const char *source;  ///< the name of the text, "--set a.b=1", or "default"
  int line, column;    ///< from 1, of its key in a map; 0 where there are no lines
  struct sp_yaml_node *child, *next;
} sp_yaml_node;

extern const char sp_source_default[];  ///< the source of nodes filled in by default

/// Returns an empty node with the source position of `place` (NULL: none, a default).
sp_yaml_node *sp_yaml_make(sp_arena *arena, sp_yaml_kind kind, const sp_yaml_node *place);
sp_yaml_node *sp_yaml_child(const sp_yaml_node *map, const char *key);  ///< NULL if there is none
int64_t sp_yaml_count(const sp_yaml_node *node);                        ///< number of children

/// Returns the child of a map that holds an option: the child with the option's name, or for an INLINE option the child
/// of the selected variant.
sp_yaml_node *sp_yaml_of_option(const sp_yaml_node *map, const sp_option *option);
/// Returns the INLINE option of a table, or NULL.
const sp_option *sp_option_inline(const sp_option *table);

// --- paths ---------------------------------------------------------------------------------------------------------

/// The position of a walk over a tree: frames on its stack, innermost first. `key` NULL: item `index` of a list.
typedef struct sp_yaml_path {
  const struct sp_yaml_path *up;
  const char *key;
  int64_t index;
} sp_yaml_path;

/// Append "model.layers[1].dense.units"; nothing for the root, NULL.
void sp_yaml_path_write(const sp_yaml_path *path, sp_text *out);
const char *sp_yaml_path_string(const sp_yaml_path *path, sp_arena *arena);

/// One step of a path in text form. `key` NULL: an index.
typedef struct sp_yaml_path_step {
  const char *key;
  size_t key_size;
  int64_t index;
  size_t end;  ///< of this step, as an offset in the text
} sp_yaml_path_step;

/// Split "model.layers[1]" into steps. Returns their number, or -1 if the path is malformed or too deep for a document.
int sp_yaml_path_split(const char *path, size_t size, sp_yaml_path_step step[SP_TREE_DEPTH]);
sp_yaml_node *sp_yaml_step(const sp_yaml_node *node, const sp_yaml_path_step *step);  ///< NULL if none

#endif
