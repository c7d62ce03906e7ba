// The inside of a document: its nodes, paths to them, and the list of everything that is wrong with it.
#ifndef SP_CONFIG_TREE_H
#define SP_CONFIG_TREE_H

#include "base/memory.h"
#include "base/text.h"
#include "config/document.h"

enum { SP_TREE_BYTES = 1 << 20, SP_TREE_DEPTH = 32, SP_TREE_NODES = 100000, SP_TREE_ANCHORS = 1000 };

struct sp_document {
  sp_arena *arena;  ///< holds all that follows
  const char *source;
  sp_yaml_node *root;
  int64_t nodes;
};

extern const char sp_source_default[];  ///< the source of nodes that nobody wrote

sp_document *sp_document_create(const char *source);

/// An empty node that stands where `place` does (NULL: nowhere, a default).
sp_yaml_node *sp_node_make(sp_arena *arena, sp_node_kind kind, const sp_yaml_node *place);
sp_yaml_node *sp_node_child(const sp_yaml_node *map, const char *key);  ///< NULL when the map has none
int64_t sp_node_count(const sp_yaml_node *node);                   ///< its children

/// The child of a map that an option is about: the one with its name, or for an INLINE one that of the selected variant.
sp_yaml_node *sp_node_of_option(const sp_yaml_node *map, const sp_option *option);
/// The INLINE option of a table, or NULL.
const sp_option *sp_option_inline(const sp_option *table);

// --- paths ---------------------------------------------------------------------------------------------------------

/// Where a walk over a tree stands: frames on its stack, innermost first. `key` NULL: item `index` of a list.
typedef struct sp_path {
  const struct sp_path *up;
  const char *key;
  int64_t index;
} sp_path;

/// Append "model.layers[1].dense.units"; nothing for NULL, the root.
void sp_path_write(const sp_path *path, sp_text *out);
const char *sp_path_string(const sp_path *path, sp_arena *arena);

/// One step of a path that was given as text. `key` NULL: an index.
typedef struct sp_step {
  const char *key;
  size_t key_size;
  int64_t index;
  size_t end;  ///< of this step in the text
} sp_step;

/// Cut "model.layers[1]" into steps; returns how many, -1 when it is malformed or deeper than a document can be.
int sp_path_split(const char *path, size_t size, sp_step step[SP_TREE_DEPTH]);
sp_yaml_node *sp_node_step(const sp_yaml_node *node, const sp_step *step);  ///< NULL when there is none

// --- what is wrong -------------------------------------------------------------------------------------------------

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
void sp_complain(sp_complaints *complaints, const sp_yaml_node *place, const sp_path *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/// SP_OK when there are none; else SP_ERR_CONFIG with a line each, in the order of the text.
sp_status sp_complaints_status(sp_complaints *complaints);

/// Append text from outside as it may be shown in a message: control characters escaped, long text cut short.
void sp_show_text(sp_text *out, const char *text);

/// A MAP checked against a table, every default filled in: what sp_map_read reads. In the arena.
sp_status sp_map_resolve(const sp_map *map, const sp_option *table, sp_arena *arena, sp_yaml_node **out);

// --- text to tree and back -------------------------------------------------------------------------------------------

/// Parse YAML into an arena. `placed`: nodes carry line and column (the text is a file of its own). *nodes counts on
/// from what it is. Returns NULL and complains when anything is wrong; text without any document gives a null node.
sp_yaml_node *sp_tree_parse(sp_arena *arena, const char *text, size_t size, const char *source, bool placed, int64_t *nodes,
                       sp_complaints *complaints);

/// Append a tree as YAML: in block style, or in one line without a line break.
void sp_tree_write(const sp_yaml_node *node, bool one_line, sp_text *out);

#endif
