// What else is in an HDF5 file: the data sets to offer when one is not there, and the parts of a virtual one.
// May include: base, config (for the nearest name), HDF5.
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "config/options.h"
#include "data/hdf5_dataset.h"
#include "data/hdf5_file.h"

// --- a missing data set -------------------------------------------------------------------------------------------

enum { MAX_NAMES = 1000, MAX_SHOWN = 12 };

typedef struct name_list {
  sp_arena *arena;
  const char *item[MAX_NAMES];
  int64_t count;
} name_list;

static herr_t add_dataset(hid_t group, const char *name, const H5L_info_t *about, void *context) {
  (void)about;
  name_list *list = context;
  hid_t object = H5Oopen(group, name, H5P_DEFAULT);
  if (object < 0) return 0;  // a link that leads nowhere
  if (H5Iget_type(object) == H5I_DATASET) list->item[list->count++] = sp_arena_format(list->arena, "/%s", name);
  H5Oclose(object);
  return list->count == MAX_NAMES;
}

sp_status sp_hdf5_fail_missing(const char *path, const char *name, hid_t file) {
  name_list list = {.arena = sp_arena_create()};
  H5Lvisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, add_dataset, &list);
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

// --- parts of a virtual data set ----------------------------------------------------------------------------------

/// The file a part lies in, looked for where HDF5 does: under its own name, under HDF5_VDS_PREFIX, and beside the file
/// that refers to it. NULL when it is in none of these places.
static const char *find_part(sp_arena *arena, const char *path, const char *part) {
  char copy[PATH_MAX], base[PATH_MAX];
  snprintf(copy, sizeof copy, "%s", path);
  snprintf(base, sizeof base, "%s", part);
  const char *directory = dirname(copy), *prefix = getenv("HDF5_VDS_PREFIX");
  const char *places[] = {part, sp_arena_format(arena, "%s/%s", prefix ? prefix : directory, part),
                          sp_arena_format(arena, "%s/%s", directory, part),
                          sp_arena_format(arena, "%s/%s", directory, basename(base))};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (sp_file_exists(places[i])) return places[i];
  }
  return NULL;
}

static sp_status check_part(sp_arena *arena, const char *path, const char *name, const char *part,
                            const char *part_name) {
  const char *found = strcmp(part, ".") == 0 ? path : find_part(arena, path, part);
  if (!found) return sp_fail(SP_ERR_DATA, "%s: %s: is virtual, and its part %s is not there", path, name, part);
  hid_t file;
  sp_status status = sp_hdf5_file_open(found, &file);
  if (status != SP_OK) return sp_context(status, "%s: %s: is virtual, and a part cannot be used", path, name);
  hid_t object = H5Oopen(file, part_name, H5P_DEFAULT);
  if (object < 0) {
    status = sp_fail(SP_ERR_DATA, "%s: %s: is virtual, and its part %s has no %s", path, name, found, part_name);
  } else {
    H5Oclose(object);
  }
  H5Fclose(file);
  return status;
}

sp_status sp_hdf5_check_parts(const char *path, const char *name, hid_t id) {
  hid_t properties = H5Dget_create_plist(id);
  size_t count = 0;
  if (H5Pget_layout(properties) == H5D_VIRTUAL) H5Pget_virtual_count(properties, &count);
  sp_arena *arena = sp_arena_create();
  sp_status status = SP_OK;
  for (size_t i = 0; i < count && status == SP_OK; i++) {
    char part[PATH_MAX] = "", part_name[PATH_MAX] = "";
    H5Pget_virtual_filename(properties, i, part, sizeof part);
    H5Pget_virtual_dsetname(properties, i, part_name, sizeof part_name);
    bool numbered = strchr(part, '%') || strchr(part_name, '%');  // "part-%b": as many as there are
    if (!numbered) status = check_part(arena, path, name, part, part_name);
  }
  sp_arena_free(arena);
  H5Pclose(properties);
  return status;
}
