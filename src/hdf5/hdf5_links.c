// Why a data set cannot be opened: a link that leads nowhere, or a name that is not there.
#include "hdf5/hdf5_links.h"

#include <limits.h>
#include <string.h>

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
  sp_status walked = sp_hdf5_walk(path, file, add_dataset, &list, NULL);
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

typedef struct place {
  sp_arena *arena;
  const char *path;
  hid_t file;
  int links;     ///< followed so far
  bool *linked;  ///< set when a link is what leads nowhere
} place;

static sp_status explain(const place *p, const char *name);

static sp_status explain_soft(const place *p, const char *link, const char *target) {
  if (p->links == MAX_LINKS) return sp_fail(SP_ERR_DATA, "%s: %s: is one of more than %d links in a row", p->path, link, MAX_LINKS);
  const char *slash = strrchr(link, '/');
  const char *group = sp_arena_copy(p->arena, link, slash ? (size_t)(slash - link) : 0);
  const char *full = target[0] == '/' ? target : sp_arena_format(p->arena, "%s/%s", group, target);
  sp_status status = explain(&(place){p->arena, p->path, p->file, p->links + 1, p->linked}, full);
  if (status == SP_OK) status = sp_fail(SP_ERR_DATA, "%s: %s: cannot be opened", p->path, full);
  return sp_context(status, "%s: %s: is a soft link to %s, which leads nowhere", p->path, link, target);
}

static sp_status explain_external(const place *p, const char *link, const char *other, const char *object) {
  char referrer[PATH_MAX] = "";
  H5Fget_name(p->file, referrer, sizeof referrer);
  const char *found = sp_hdf5_find_file(p->arena, referrer, other, "HDF5_EXT_PREFIX");
  if (!found) {
    return sp_fail(SP_ERR_DATA, "%s: %s: is an external link to %s of the file %s, which is not there", p->path, link,
                   object, other);
  }
  if (p->links == MAX_LINKS) return sp_fail(SP_ERR_DATA, "%s: %s: is one of more than %d links in a row", p->path, link, MAX_LINKS);
  hid_t file;
  sp_status status = sp_hdf5_file_open(found, &file);
  if (status == SP_OK) {
    status = explain(&(place){p->arena, found, file, p->links + 1, p->linked}, object);
    if (status == SP_OK) status = sp_fail(SP_ERR_DATA, "%s: %s: cannot be opened", found, object);
    H5Fclose(file);
  }
  return sp_context(status, "%s: %s: is an external link to %s of the file %s, which cannot be used", p->path, link,
                    object, found);
}

/// The link itself, when it is soft or external and leads nowhere.
static sp_status explain_link(const place *p, const char *link) {
  H5L_info_t about;
  char value[2 * PATH_MAX] = "";
  const char *other, *object;
  unsigned flags;
  if (H5Lget_info(p->file, link, &about, H5P_DEFAULT) < 0) return SP_OK;
  if (about.type == H5L_TYPE_HARD || sp_hdf5_object_exists(p->file, link)) return SP_OK;
  *p->linked = true;
  if (about.u.val_size >= sizeof value || H5Lget_val(p->file, link, value, sizeof value - 1, H5P_DEFAULT) < 0) return SP_OK;
  if (about.type == H5L_TYPE_SOFT) return explain_soft(p, link, value);
  if (about.type != H5L_TYPE_EXTERNAL) return SP_OK;
  if (H5Lunpack_elink_val(value, about.u.val_size, &flags, &other, &object) < 0) return SP_OK;
  return explain_external(p, link, other, object);
}

/// Follow the name group by group. SP_OK when all of it is there.
static sp_status explain(const place *p, const char *name) {
  for (const char *end = name; *end;) {
    end += strspn(end, "/");
    if (!*end) break;
    end += strcspn(end, "/");
    const char *link = sp_arena_copy(p->arena, name, (size_t)(end - name));
    if (H5Lexists(p->file, link, H5P_DEFAULT) <= 0) return sp_fail(SP_ERR_DATA, "%s: %s: there is no such name", p->path, link);
    SP_TRY(explain_link(p, link));
  }
  return SP_OK;
}

sp_status sp_hdf5_fail_link(const char *path, const char *name, hid_t file) {
  bool not_found = sp_hdf5_failed_with(H5E_NOTFOUND);
  sp_status unknown = sp_hdf5_fail(SP_ERR_DATA, "%s: %s: cannot be opened", path, name);
  sp_arena *arena = sp_arena_create();
  char *before = sp_arena_format(arena, "%s", sp_error_message());
  bool linked = false;
  sp_status status = explain(&(place){arena, path, file, 0, &linked}, name);
  bool there = status == SP_OK;
  if (there) {
    status = sp_fail(unknown, "%s (it is damaged, or of a newer HDF5 than this %d.%d.%d: h5repack of an older HDF5, or h5py "
                     "without libver='latest', writes a file that this one can read)", before, H5_VERS_MAJOR, H5_VERS_MINOR,
                     H5_VERS_RELEASE);
  }
  if (not_found && !linked && !there) status = fail_missing(path, name, file);
  sp_arena_free(arena);
  return status;
}
