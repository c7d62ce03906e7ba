// SPDX-License-Identifier: Apache-2.0
// Parses YAML text into a tree of nodes from libyaml's events. Anything but plain maps, lists and scalars is refused.
#include "config/parse.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/visible.h"
#include "config/tree.h"
#include "config/value.h"

typedef struct anchor {
  const char *name;
  const sp_yaml_node *node;  ///< NULL while the node is being read
  struct anchor *next;
} anchor;

typedef struct parsing {
  yaml_parser_t parser;
  sp_arena *arena;
  const char *text, *source;
  size_t size;
  bool placed;
  bool broken;  ///< after an error that prevents further reading
  int64_t *nodes;
  anchor *anchors;
  int anchor_count;
  sp_complaints *complaints;
} parsing;

static sp_yaml_node place_of(const parsing *p, yaml_mark_t mark) {
  sp_yaml_node place = {.source = p->source, .text = ""};
  if (p->placed) {
    place.line = (int)mark.line + 1;
    place.column = (int)mark.column + 1;
  }
  return place;
}

// --- errors of libyaml -----------------------------------------------------------------------------------------------

/// Returns the position of a byte, for errors that libyaml finds before it counts lines.
static yaml_mark_t mark_of_byte(const parsing *p, size_t offset) {
  yaml_mark_t mark = {0};
  for (size_t i = 0; i < offset && i < p->size; i++) {
    mark.column++;
    if (p->text[i] == '\n') {
      mark.line++;
      mark.column = 0;
    }
  }
  return mark;
}

static bool is_tab(const parsing *p, yaml_mark_t mark) {
  const char *at = p->text, *end = p->text + p->size;
  for (size_t line = 0; line < mark.line && at < end; at++) line += *at == '\n';
  return mark.column < (size_t)(end - at) && at[mark.column] == '\t';
}

static void complain_syntax(parsing *p) {
  const yaml_parser_t *parser = &p->parser;
  bool unreadable = parser->error == YAML_READER_ERROR;
  yaml_mark_t mark = unreadable ? mark_of_byte(p, parser->problem_offset) : parser->problem_mark;
  sp_yaml_node place = place_of(p, mark);
  const char *problem = parser->problem ? parser->problem : "out of memory";
  const char *hint = !unreadable && is_tab(p, mark) ? " (a tab; indent with spaces)" : "";
  if (parser->context && p->placed) {
    sp_complain(p->complaints, &place, NULL, "%s%s, %s that starts at %d:%d", problem, hint, parser->context,
                (int)parser->context_mark.line + 1, (int)parser->context_mark.column + 1);
  } else {
    sp_complain(p->complaints, &place, NULL, "%s%s", problem, hint);
  }
  p->broken = true;
}

/// Get the next event, which the caller deletes. Returns false if there is none.
static bool next_event(parsing *p, yaml_event_t *event) {
  if (!p->broken && !yaml_parser_parse(&p->parser, event)) complain_syntax(p);
  return !p->broken;
}

// --- nodes -----------------------------------------------------------------------------------------------------------

/// Returns a new node; NULL, with a complaint, when a limit is exceeded.
static sp_yaml_node *make_node(parsing *p, sp_yaml_kind kind, const sp_yaml_node *place, const sp_yaml_path *path,
                               int depth) {
  bool many = ++*p->nodes > SP_TREE_NODES, deep = kind >= SP_YAML_LIST && depth > SP_TREE_DEPTH;
  if (many)
    sp_complain(p->complaints, place, path, "more than %d nodes, counting those that aliases repeat", SP_TREE_NODES);
  if (deep) sp_complain(p->complaints, place, path, "nested more than %d levels deep", SP_TREE_DEPTH);
  p->broken = many || deep;
  return p->broken ? NULL : sp_yaml_make(p->arena, kind, place);
}

static anchor *add_anchor(parsing *p, const yaml_char_t *name, const sp_yaml_node *place) {
  if (!name) return NULL;
  if (++p->anchor_count > SP_TREE_ANCHORS) {
    sp_complain(p->complaints, place, NULL, "more than %d anchors", SP_TREE_ANCHORS);
    p->broken = true;
  }
  anchor *a = sp_arena_allocate(p->arena, sizeof *a);
  a->name = sp_arena_copy(p->arena, (const char *)name, strlen((const char *)name));
  a->next = p->anchors;
  return p->anchors = a;
}

static sp_yaml_node *copy_tree(parsing *p, const sp_yaml_node *from, const sp_yaml_node *place,
                               const sp_yaml_path *path, int depth) {
  sp_yaml_node *copy = make_node(p, from->kind, place, path, depth);
  if (!copy) return NULL;
  copy->text = from->text;
  copy->quoted = from->quoted;
  sp_yaml_node **end = &copy->child;
  for (const sp_yaml_node *child = from->child; child; child = child->next) {
    *end = copy_tree(p, child, child, path, depth + 1);
    if (!*end) return NULL;
    (*end)->key = child->key;
    end = &(*end)->next;
  }
  return copy;
}

static sp_yaml_node *parse_alias(parsing *p, const yaml_event_t *event, const sp_yaml_node *place,
                                 const sp_yaml_path *path, int depth) {
  const char *name = (const char *)event->data.alias.anchor;
  const anchor *a = p->anchors;
  while (a && strcmp(a->name, name) != 0) a = a->next;
  if (a && a->node) return copy_tree(p, a->node, place, path, depth);
  sp_text shown = {0};
  sp_visible_excerpt(&shown, name);
  sp_complain(p->complaints, place, path, a ? "alias '%s' is inside the node that it names" : "there is no anchor '%s'",
              shown.data);
  sp_text_free(&shown);
  return make_node(p, SP_YAML_NULL, place, path, depth);
}

static sp_yaml_node *parse_scalar(parsing *p, const yaml_event_t *event, const sp_yaml_node *place,
                                  const sp_yaml_path *path, int depth) {
  const char *text = (const char *)event->data.scalar.value;
  size_t size = event->data.scalar.length;
  bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  if (strlen(text) < size) sp_complain(p->complaints, place, path, "a NUL character inside a string");
  sp_yaml_node *node = make_node(p, !quoted && sp_is_null(text) ? SP_YAML_NULL : SP_YAML_SCALAR, place, path, depth);
  if (!node) return NULL;
  node->text = sp_arena_copy(p->arena, text, size);
  node->quoted = quoted;
  return node;
}

static sp_yaml_node *parse_node(parsing *p, yaml_event_t *event, const sp_yaml_path *path, int depth);

static sp_yaml_node *parse_list(parsing *p, const sp_yaml_node *place, const sp_yaml_path *path, int depth) {
  sp_yaml_node *list = make_node(p, SP_YAML_LIST, place, path, depth);
  if (!list) return NULL;
  sp_yaml_node **end = &list->child;
  yaml_event_t event;
  for (int64_t index = 0; next_event(p, &event); index++) {
    if (event.type == YAML_SEQUENCE_END_EVENT) {
      yaml_event_delete(&event);
      return list;
    }
    *end = parse_node(p, &event, &(sp_yaml_path){.up = path, .index = index}, depth + 1);
    if (!*end) return NULL;
    end = &(*end)->next;
  }
  return NULL;
}

/// Returns whether the node is a valid key.
static bool check_key(parsing *p, const sp_yaml_node *key, const sp_yaml_path *path) {
  bool string = key->kind <= SP_YAML_SCALAR;
  if (!string) {
    const char *found = key->kind == SP_YAML_MAP ? "a map" : "a list";
    sp_complain(p->complaints, key, path, "a key must be a string, got %s", found);
  }
  if (string && !*key->text) sp_complain(p->complaints, key, path, "a key is empty");
  bool merge = string && strcmp(key->text, "<<") == 0;
  if (merge) sp_complain(p->complaints, key, path, "merge keys (<<) are not supported; write the options out");
  return string && *key->text && !merge;
}

static int compare_keys(const void *left, const void *right) {
  const sp_yaml_node *a = *(const sp_yaml_node *const *)left, *b = *(const sp_yaml_node *const *)right;
  int order = strcmp(a->key, b->key);
  if (order == 0) order = (a->line > b->line) - (a->line < b->line);
  return order ? order : (a->column > b->column) - (a->column < b->column);
}

static void check_duplicates(parsing *p, const sp_yaml_node *map, const sp_yaml_path *path) {
  int64_t count = sp_yaml_count(map);
  if (count < 2) return;
  const sp_yaml_node **child = sp_arena_allocate(p->arena, (size_t)count * sizeof *child);
  int64_t filled = 0;
  for (const sp_yaml_node *c = map->child; c; c = c->next) child[filled++] = c;
  qsort(child, (size_t)count, sizeof *child, compare_keys);
  for (int64_t i = 1, first = 0; i < count; i++) {
    if (strcmp(child[i]->key, child[first]->key) != 0) {
      first = i;
      continue;
    }
    const sp_yaml_path here = {.up = path, .key = child[i]->key};
    if (p->placed) {
      sp_complain(p->complaints, child[i], &here, "duplicate key, first given at %s:%d:%d", p->source,
                  child[first]->line, child[first]->column);
    } else {
      sp_complain(p->complaints, child[i], &here, "duplicate key");
    }
  }
}

static sp_yaml_node *parse_map(parsing *p, const sp_yaml_node *place, const sp_yaml_path *path, int depth) {
  sp_yaml_node *map = make_node(p, SP_YAML_MAP, place, path, depth);
  if (!map) return NULL;
  sp_yaml_node **end = &map->child;
  yaml_event_t event;
  while (next_event(p, &event)) {
    if (event.type == YAML_MAPPING_END_EVENT) {
      yaml_event_delete(&event);
      check_duplicates(p, map, path);
      return map;
    }
    const sp_yaml_node *key = parse_node(p, &event, path, depth + 1);
    if (!key || !next_event(p, &event)) return NULL;
    bool usable = check_key(p, key, path);
    sp_yaml_node *value =
        parse_node(p, &event, &(sp_yaml_path){.up = path, .key = usable ? key->text : "?"}, depth + 1);
    if (!value) return NULL;
    if (!usable) continue;
    value->key = key->text;
    value->line = key->line;  // an entry has the position of its key
    value->column = key->column;
    *end = value;
    end = &value->next;
  }
  return NULL;
}

static const yaml_char_t *tag_of(const yaml_event_t *event) {
  switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.tag;
    default: return NULL;
  }
}

static const yaml_char_t *anchor_of(const yaml_event_t *event) {
  switch (event->type) {
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor;
    default: return NULL;
  }
}

static void refuse_tag(parsing *p, const yaml_char_t *tag, const sp_yaml_node *place, const sp_yaml_path *path) {
  if (!tag) return;
  sp_text shown = {0};
  sp_visible_excerpt(&shown, (const char *)tag);
  sp_complain(p->complaints, place, path, "tags are not supported, got '%s'", shown.data);
  sp_text_free(&shown);
}

/// Read the node that an event begins, and delete the event. Returns NULL when reading cannot continue.
static sp_yaml_node *parse_node(parsing *p, yaml_event_t *event, const sp_yaml_path *path, int depth) {
  sp_yaml_node place = place_of(p, event->start_mark);
  refuse_tag(p, tag_of(event), &place, path);
  anchor *a = add_anchor(p, anchor_of(event), &place);
  sp_yaml_node *node = NULL;
  switch (event->type) {
    case YAML_ALIAS_EVENT: node = parse_alias(p, event, &place, path, depth); break;
    case YAML_SCALAR_EVENT: node = parse_scalar(p, event, &place, path, depth); break;
    case YAML_SEQUENCE_START_EVENT: node = parse_list(p, &place, path, depth); break;
    case YAML_MAPPING_START_EVENT: node = parse_map(p, &place, path, depth); break;
    default: break;
  }
  yaml_event_delete(event);
  if (a) a->node = node;
  return node;
}

// --- documents -------------------------------------------------------------------------------------------------------

/// Read a stream of at most one document.
static sp_yaml_node *parse_stream(parsing *p) {
  sp_yaml_node *root = NULL;
  yaml_event_t event;
  while (next_event(p, &event)) {
    yaml_event_type_t type = event.type;
    sp_yaml_node place = place_of(p, event.start_mark);
    if (type >= YAML_ALIAS_EVENT) {
      root = parse_node(p, &event, NULL, 1);
      continue;
    }
    yaml_event_delete(&event);
    if (type == YAML_STREAM_END_EVENT) return root ? root : sp_yaml_make(p->arena, SP_YAML_NULL, &place);
    if (type == YAML_DOCUMENT_START_EVENT && root) {
      sp_complain(p->complaints, &place, NULL, "expected one document, got a second one");
      return NULL;
    }
  }
  return NULL;
}

sp_yaml_node *sp_tree_parse(sp_arena *arena, const char *text, size_t size, const char *source, bool placed,
                            int64_t *nodes, sp_complaints *complaints) {
  parsing p = {.arena = arena,
               .text = text,
               .size = size,
               .source = source,
               .placed = placed,
               .nodes = nodes,
               .complaints = complaints};
  sp_yaml_node start = place_of(&p, (yaml_mark_t){0});
  if (size > SP_TREE_BYTES) {
    sp_complain(complaints, &start, NULL, "expected at most %d bytes, got %zu", SP_TREE_BYTES, size);
    return NULL;
  }
  if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
    sp_complain(complaints, &start, NULL, "is UTF-16 or UTF-32, expected UTF-8: convert it, for example with iconv");
    return NULL;
  }
  bool marked = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;  // a byte order mark, written by some editors
  if (marked) {
    p.text = text += 3;
    p.size = size -= 3;
  }
  int64_t before = complaints->count;
  if (!yaml_parser_initialize(&p.parser)) {
    sp_complain(complaints, &start, NULL, "out of memory");
    return NULL;
  }
  yaml_parser_set_encoding(&p.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&p.parser, (const unsigned char *)text, size);
  sp_yaml_node *root = parse_stream(&p);
  yaml_parser_delete(&p.parser);
  return complaints->count == before ? root : NULL;
}

sp_status sp_document_parse(const char *text, size_t size, const char *source, sp_document **out) {
  sp_document *document = sp_document_create(source);
  sp_complaints complaints = {.arena = document->arena};
  document->root = sp_tree_parse(document->arena, text, size, document->source, true, &document->nodes, &complaints);
  if (document->root && document->root->kind == SP_YAML_NULL) {
    sp_complain(&complaints, document->root, NULL, "empty, expected a map of options");
  }
  sp_status status = sp_complaints_status(&complaints);
  if (status == SP_OK) {
    *out = document;
  } else {
    sp_document_free(document);
  }
  return status;
}

sp_status sp_document_parse_value(const char *key, const char *text, size_t size, const char *source,
                                  sp_document **out) {
  sp_document *document;
  SP_TRY(sp_document_parse(text, size, source, &document));
  sp_yaml_node *map = sp_yaml_make(document->arena, SP_YAML_MAP, document->root);
  document->root->key = sp_arena_copy(document->arena, key, strlen(key));
  map->child = document->root;
  document->root = map;
  *out = document;
  return SP_OK;
}
