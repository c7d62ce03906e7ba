// SPDX-License-Identifier: Apache-2.0
// Visits every data set below the root of an HDF5 file.
#include "hdf5/hdf5_walk.h"

#include "base/text.h"
#include "base/trial.h"
#include "hdf5/hdf5_file.h"

enum { MAX_DEPTH = 100 };

typedef struct walk {
  const char *path;
  bool (*visit)(const char *name, hid_t dataset, void *context);
  void *context;
  int visited;
  bool over;
  sp_status status;
} walk;

/// A group that is being listed, and its parent.
typedef struct listed_group {
  struct listed_group *parent;
  walk *walk;
  const char *name;
  haddr_t address;
  int depth;
} listed_group;

static bool is_inside(const listed_group *g, haddr_t address) {
  for (; g; g = g->parent) {
    if (g->address == address) return true;
  }
  return false;
}

static void list(listed_group *g, hid_t id);

static herr_t follow(hid_t parent, const char *name, const H5L_info_t *about, void *context) {
  listed_group *g = context;
  walk *w = g->walk;
  if (w->visited == SP_HDF5_MAX_VISITED) w->over = true;
  if (w->over) return 1;
  w->visited++;
  sp_trial_at(w->path);
  bool hard = about->type == H5L_TYPE_HARD;
  if (hard && is_inside(g, about->u.address)) return 0;
  hid_t object = sp_hdf5_object_open(parent, name);
  sp_text full = {0};
  sp_text_add(&full, "%s/%s", g->name, name);
  H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
  if (kind == H5I_DATASET || object < 0) {
    if (!w->visit(full.data, object, w->context)) w->over = true;
  } else if (kind == H5I_GROUP && hard && g->depth < MAX_DEPTH) {
    list(&(listed_group){g, w, full.data, about->u.address, g->depth + 1}, object);
  }
  if (object >= 0) H5Oclose(object);
  sp_text_free(&full);
  return w->over;
}

static void list(listed_group *g, hid_t id) {
  walk *w = g->walk;
  if (H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, NULL, follow, g) < 0 && w->status == SP_OK) {
    w->status = sp_hdf5_fail(SP_ERR_DATA, "%s: %s: the group cannot be listed", w->path, *g->name ? g->name : "/");
  }
}

sp_status sp_hdf5_walk(const char *path, hid_t file, bool (*visit)(const char *name, hid_t dataset, void *context),
                       void *context, int *visited) {
  H5O_info_t root;
  walk w = {.path = path, .visit = visit, .context = context};
  haddr_t address = H5Oget_info_by_name(file, "/", &root, H5P_DEFAULT) < 0 ? HADDR_UNDEF : root.addr;
  list(&(listed_group){NULL, &w, "", address, 0}, file);
  if (visited) *visited = w.visited;
  return w.status;
}
