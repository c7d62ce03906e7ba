// A configuration document: YAML as a tree of nodes that know their place, checked against an option table.
#ifndef SP_CONFIG_DOCUMENT_H
#define SP_CONFIG_DOCUMENT_H

#include <stdbool.h>

#include "base/memory.h"
#include "config/options.h"

typedef enum sp_node_kind { SP_NODE_NULL, SP_NODE_SCALAR, SP_NODE_LIST, SP_NODE_MAP } sp_node_kind;

typedef struct sp_yaml_node {
  sp_node_kind kind;
  const char *key;   ///< under which it stands in its map; NULL in a list and at the root
  const char *text;  ///< of a scalar
  bool quoted;       ///< the scalar was written in quotes: a string, whatever it looks like
  const char *source;  ///< the name of the text, "--set a.b=1", or "default"
  int line, column;    ///< from 1, of its key in a map; 0 where there are no lines
  struct sp_yaml_node *child, *next;
} sp_yaml_node;

typedef struct sp_document sp_document;

/// Parse YAML (libyaml): one document, plain maps, lists and scalars; anchors and aliases within limits.
/// `source` names the text in errors. Ownership: copies.
/// Errors: SP_ERR_CONFIG with one line `source:line:col: …` each: a syntax error, a duplicate key, a tag, a merge key,
/// a key that is no string, an empty text, a second document, more than 1 MiB of text, 32 levels, 1,000 anchors or
/// 100,000 nodes (keys are counted, and aliases in full).
sp_status sp_document_parse(const char *text, size_t size, const char *source, sp_document **out);

/// The same with a text that is the value of `key` in a map: places are those of the text. Copies the key.
sp_status sp_document_parse_value(const char *key, const char *text, size_t size, const char *source, sp_document **out);
void sp_document_free(sp_document *document);  ///< NULL is fine

const sp_yaml_node *sp_document_root(const sp_document *document);

/// The node at "model.layers[1].dense.units", or NULL.
const sp_yaml_node *sp_document_find(const sp_document *document, const char *path);

/// Apply `path=value` (value in YAML) over what the document says, making maps on the way; "optimizer.rmsprop.lr=0.01"
/// also turns the bare name `optimizer: rmsprop` into a map. The source of what it sets is "--set path=value".
/// Errors: SP_ERR_CONFIG naming the assignment: no path, no such list item, or something on the way that is no map.
sp_status sp_document_set(sp_document *document, const char *assignment);

/// Replace the text of the scalar at `path`, which a resolved document has, by what a word such as "auto" comes to. The value
/// keeps its place: whoever wrote the word is named in errors. Returns the text that was there.
const char *sp_document_settle(sp_document *resolved, const char *path, const char *text);

/// Check against a table and fill in every default: the resolved document, in the table's order. Null is the same as
/// leaving an option out. Does not borrow from `document`.
/// Errors: SP_ERR_CONFIG whose message has one line for each thing that is wrong, in the order of the text:
/// `fashion.yaml:14:7: optimizer.rmsprop.decay: expected a number in [0, 1), got 1.5`, `…: unknown key (did you mean
/// 'decay'?)`, `…: missing …`.
sp_status sp_document_resolve(const sp_document *document, const sp_option *table, sp_document **out);

/// Fill a struct from a resolved document. What the struct points to belongs to the document.
void sp_document_read(sp_document *resolved, const sp_option *table, void *out);

/// Check a MAP against the table that has become known, and fill the struct that it describes. What the struct points to
/// belongs to the arena. Errors: as those of sp_document_resolve, with the places of the map's document.
sp_status sp_map_read(const sp_map *map, const sp_option *table, sp_arena *arena, void *out);

/// An error of meaning at a place: `file:line:col: path: …`. The nearest existing parent gives the place.
sp_status sp_document_fail(const sp_document *document, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// Put the place before a failure, SP_ERR_CONFIG or SP_ERR_SHAPE, whose message begins with the path of an option that
/// the document has, "optimizer.sgd.nesterov: …"; SP_OK and any other failure stay as they are. Returns the status.
sp_status sp_document_locate(const sp_document *document, sp_status status);

/// Write as YAML: block style, scalars quoted when they must be, short lists of scalars in one line. Parsing what was
/// written gives an equal document.
void sp_document_write(const sp_document *document, sp_text *out);

/// One difference between two resolved documents of one table. Values are YAML in one line, "(none)" for none.
typedef struct sp_difference {
  const char *path;
  const char *before, *after;
  bool changeable;  ///< by the flags of its option or of a section around it
} sp_difference;

/// Compare key by key; calls `each` for every leaf that differs, in the order of the table.
void sp_document_compare(const sp_document *before, const sp_document *after, const sp_option *table,
                         void (*each)(const sp_difference *, void *), void *context);

#endif
