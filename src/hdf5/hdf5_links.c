// SPDX-License-Identifier: Apache-2.0
// Explains why a data set cannot be opened: a dangling link, or a missing name.
#include "hdf5/hdf5_links.h"

#include <limits.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "config/names.h"
#include "hdf5/hdf5_file.h"
#include "hdf5/hdf5_walk.h"

enum { MAX_NAMES = 1000, MAX_SHOWN = 12, MAX_LINKS = 16 };

typedef struct name_list {
  sp_arena *arena;
  const char *item[MAX_NAMES];
  int64_t count;
} name_list;

static bool add_dataset(const char *name, hid_t dataset, void *context) {
  name_list *list = context;
  if (dataset < 0) return true;
  list->item[list->count++] = sp_arena_copy(list->arena, name, strlen(name));
  return list->count < MAX_NAMES;
}

static sp_status fail_missing(const char *path, const char *name, hid_t file) {
  name_list list = {.arena = sp_arena_create()};
  sp_status walked = sp_hdf5_walk(path, file, add_dataset, NULL, &list, NULL);
  if (walked != SP_OK && list.count == 0) {
    sp_arena_free(list.arena);
    return walked;
  }
  const char *absolute = name[0] == '/' ? name : sp_arena_format(list.arena, "/%s", name);
  const char *nearest = sp_nearest_name(absolute, list.item, list.count);
  sp_text text = {0};
  if (nearest) sp_text_add(&text, "%s", nearest);
  int64_t shown = nearest ? 1 : 0;
  for (int64_t i = 0; i < list.count && shown < MAX_SHOWN; i++) {
    if (nearest && strcmp(list.item[i], nearest) == 0) continue;
    sp_text_add(&text, "%s%s", shown++ ? ", " : "", list.item[i]);
  }
  if (list.count == 0) sp_text_add(&text, "none");
  if (list.count > shown) sp_text_add(&text, " and more");
  sp_status status =
      sp_fail(SP_ERR_DATA, "%s: %s: no such data set; the file has %s", path, name, sp_text_string(&text));
  sp_text_free(&text);
  sp_arena_free(list.arena);
  return status;
}

// --- links --------------------------------------------------------------------------------------------------------

/// A file that a link refers to, and the link that refers to it.
typedef struct place {
  const struct place *parent;
  const char *path;
  hid_t file;
  const char *link;  ///< the link that is followed from here
  int depth;
} place;

typedef struct search {
  sp_arena *arena;
  bool linked;  ///< there is a dangling link
  bool circle;  ///< and it is part of a cycle, which the message shows
} search;

static sp_status explain(search *s, const place *p, const char *name);

static bool same_link(const place *a, const place *b) {
  return strcmp(a->link + strspn(a->link, "/"), b->link + strspn(b->link, "/")) == 0 && sp_file_same(a->path, b->path);
}

/// Append "/a -> other.h5:/b -> /a", from the link that is met again, or from the first of too many.
static void add_links(sp_text *out, const place *from, const place *p, const char *shown) {
  if (p != from) add_links(out, from, p->parent, shown);
  bool elsewhere = strcmp(p->path, shown) != 0;
  sp_text_add(out, "%s%s%s%s", p != from ? " -> " : "", elsewhere ? p->path : "", elsewhere ? ":" : "", p->link);
}

static sp_status check_circle(search *s, const place *p) {
  const place *met = p->parent, *first = p;
  while (met && !same_link(met, p)) met = met->parent;
  if (!met && p->depth < MAX_LINKS) return SP_OK;
  while (first->parent) first = first->parent;
  sp_text links = {0};
  add_links(&links, met ? met : first, p, first->path);
  s->circle = true;
  const char *why = met ? "these links form a cycle" : "there are too many links in a row";
  sp_status status = sp_fail(SP_ERR_DATA, "cannot be followed, because %s: %s", why, sp_text_string(&links));
  sp_text_free(&links);
  return status;
}

/// Prefix the description of this link to the error found behind it. A cycle is reported once.
static sp_status behind(const search *s, sp_status status, const char *link) {
  return s->circle ? status : sp_context(status, "%s", link);
}

static sp_status explain_soft(search *s, const place *p, const char *target) {
  const char *slash = strrchr(p->link, '/');
  const char *group = sp_arena_copy(s->arena, p->link, slash ? (size_t)(slash - p->link) : 0);
  const char *full = target[0] == '/' ? target : sp_arena_format(s->arena, "%s/%s", group, target);
  sp_status status = explain(s, &(place){p, p->path, p->file, NULL, p->depth + 1}, full);
  if (status == SP_OK) status = sp_fail(SP_ERR_DATA, "%s: %s: cannot be opened", p->path, full);
  return behind(s, status, sp_arena_format(s->arena, "is a soft link to %s, which cannot be followed", target));
}

static sp_status explain_external(search *s, const place *p, const char *other, const char *object) {
  char referrer[PATH_MAX] = "";
  H5Fget_name(p->file, referrer, sizeof referrer);
  const char *found = sp_hdf5_find_file(s->arena, referrer, other, "HDF5_EXT_PREFIX");
  if (!found) {
    return sp_fail(SP_ERR_DATA, "is an external link to %s of the file %s, which does not exist", object, other);
  }
  hid_t file;
  sp_status status = sp_hdf5_file_open(found, &file);
  if (status == SP_OK) {
    status = explain(s, &(place){p, found, file, NULL, p->depth + 1}, object);
    if (status == SP_OK) status = sp_fail(SP_ERR_DATA, "%s: %s: cannot be opened", found, object);
    H5Fclose(file);
  }
  return behind(
      s, status,
      sp_arena_format(s->arena, "is an external link to %s of the file %s, which cannot be used", object, found));
}

/// Explain a soft or external link that is dangling. The message does not name the file and the link.
static sp_status explain_link(search *s, const place *p) {
  H5L_info_t about;
  char value[2 * PATH_MAX] = "";
  const char *other, *object;
  unsigned flags;
  if (H5Lget_info(p->file, p->link, &about, H5P_DEFAULT) < 0) return SP_OK;
  if (about.type == H5L_TYPE_HARD || sp_hdf5_object_exists(p->file, p->link)) return SP_OK;
  s->linked = true;
  if (about.u.val_size >= sizeof value) return SP_OK;
  if (H5Lget_val(p->file, p->link, value, sizeof value - 1, H5P_DEFAULT) < 0) return SP_OK;
  bool soft = about.type == H5L_TYPE_SOFT;
  if (!soft && about.type != H5L_TYPE_EXTERNAL) return SP_OK;
  if (!soft && H5Lunpack_elink_val(value, about.u.val_size, &flags, &other, &object) < 0) return SP_OK;
  SP_TRY(check_circle(s, p));
  return soft ? explain_soft(s, p, value) : explain_external(s, p, other, object);
}

/// Follow the name group by group. Returns SP_OK if every group exists.
static sp_status explain(search *s, const place *p, const char *name) {
  for (const char *end = name; *end;) {
    end += strspn(end, "/");
    if (!*end) break;
    end += strcspn(end, "/");
    const char *link = sp_arena_copy(s->arena, name, (size_t)(end - name));
    if (H5Lexists(p->file, link, H5P_DEFAULT) <= 0)
      return sp_fail(SP_ERR_DATA, "%s: %s: does not exist", p->path, link);
    sp_status status = explain_link(s, &(place){p->parent, p->path, p->file, link, p->depth});
    if (status == SP_OK) continue;
    return s->circle && p->parent ? status : sp_context(status, "%s: %s", p->path, link);
  }
  return SP_OK;
}

sp_status sp_hdf5_explain_link(const char *path, const char *name, hid_t file) {
  search s = {.arena = sp_arena_create()};
  sp_status status = explain_link(&s, &(place){NULL, path, file, name, 0});
  sp_arena_free(s.arena);
  return status;
}

sp_status sp_hdf5_fail_link(const char *path, const char *name, hid_t file) {
  bool not_found = sp_hdf5_failed_with(H5E_NOTFOUND);
  sp_status unknown = sp_hdf5_fail(SP_ERR_DATA, "%s: %s: cannot be opened", path, name);
  search s = {.arena = sp_arena_create()};
  char *before = sp_arena_format(s.arena, "%s", sp_error_message());
  sp_status status = explain(&s, &(place){NULL, path, file, NULL, 0}, name);
  bool there = status == SP_OK;
  if (there) {
    status =
        sp_fail(unknown,
                "%s (it is damaged, or was written by a newer HDF5 than this %d.%d.%d: in that case rewrite it with "
                "h5repack of an older HDF5, or with h5py without libver='latest')",
                before, H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE);
  }
  if (not_found && !s.linked && !there) status = fail_missing(path, name, file);
  sp_arena_free(s.arena);
  return status;
}
