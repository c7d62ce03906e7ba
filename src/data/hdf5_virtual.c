// The parts of a virtual data set.
// May include: base, HDF5.
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/hdf5_dataset.h"
#include "data/hdf5_file.h"

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

/// "part-%b.h5" with a number for %b, and % for %%.
static const char *numbered_name(sp_arena *arena, const char *pattern, int64_t number) {
  sp_text name = {0};
  for (const char *c = pattern; *c; c++) {
    if (c[0] == '%' && c[1] == 'b') {
      sp_text_add(&name, "%lld", (long long)number);
      c++;
    } else {
      sp_text_append(&name, c, 1);
      c += c[0] == '%' && c[1] == '%';
    }
  }
  const char *copy = sp_arena_copy(arena, sp_text_string(&name), name.size);
  sp_text_free(&name);
  return copy;
}

/// Numbered parts go on until one is missing, as HDF5 takes them.
static bool is_part(sp_arena *arena, const char *path, const char *pattern, const char *other) {
  bool numbered = strcmp(numbered_name(arena, pattern, 0), numbered_name(arena, pattern, 1)) != 0, same = false;
  const char *found = path;
  for (int64_t i = 0; found && !same && (i == 0 || numbered); i++) {
    found = find_part(arena, path, numbered_name(arena, pattern, i));
    same = found && sp_file_same(found, other);
  }
  return same;
}

bool sp_hdf5_lies_in(const char *path, hid_t id, const char *other) {
  char name[PATH_MAX] = "";
  hid_t properties = H5Dget_create_plist(id);
  size_t count = 0;
  if (H5Pget_layout(properties) == H5D_VIRTUAL) H5Pget_virtual_count(properties, &count);
  H5Fget_name(id, name, sizeof name);
  bool found = sp_file_same(name, other);
  sp_arena *arena = sp_arena_create();
  for (size_t i = 0; i < count && !found; i++) {
    H5Pget_virtual_filename(properties, i, name, sizeof name);
    found = is_part(arena, path, name, other);
  }
  sp_arena_free(arena);
  H5Pclose(properties);
  return found;
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
