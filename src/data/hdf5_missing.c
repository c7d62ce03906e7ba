// A data set that is not there, answered with those that are.
// May include: base, config (for the nearest name), HDF5.
#include <string.h>

#include "base/memory.h"
#include "config/options.h"
#include "data/hdf5_dataset.h"

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
