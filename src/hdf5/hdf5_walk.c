// SPDX-License-Identifier: Apache-2.0
// Visits every data set below the root of an HDF5 file.
#include "hdf5/hdf5_walk.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/trial.h"
#include "hdf5/hdf5_file.h"

enum { MAX_DEPTH = 100 };

/// A group, under any name and in any file.
typedef struct identity {
  dev_t device;
  ino_t inode;
  haddr_t address;
} identity;

typedef struct walk {
  const char *path;
  sp_hdf5_visit *visit;
  sp_hdf5_visit_link *visit_link;
  void *context;
  int visited;
  bool over;
  sp_status status;
  identity *entered;  ///< groups that were entered through a link
  int64_t count, capacity;
} walk;

/// A group that is being listed, and its parent.
typedef struct listed_group {
  struct listed_group *parent;
  walk *walk;
  const char *name;
  identity id;
  int depth;
} listed_group;

static bool is_same(const identity *a, const identity *b) {
  return a->device == b->device && a->inode == b->inode && a->address == b->address;
}

static bool is_inside(const listed_group *g, const identity *id) {
  for (; g; g = g->parent) {
    if (is_same(&g->id, id)) return true;
  }
  return false;
}

static bool was_entered(const walk *w, const identity *id) {
  for (int64_t i = 0; i < w->count; i++) {
    if (is_same(&w->entered[i], id)) return true;
  }
  return false;
}

static void note_entry(walk *w, const identity *id) {
  if (w->count == w->capacity) {
    w->capacity = 2 * w->capacity + 16;
    w->entered = realloc(w->entered, (size_t)w->capacity * sizeof *w->entered);
    if (!w->entered) sp_out_of_memory();
  }
  w->entered[w->count++] = *id;
}

static bool identify(hid_t object, identity *out) {
  char file[PATH_MAX] = "";
  struct stat about;
  H5O_info_t info;
  if (H5Oget_info(object, &info) < 0 || H5Fget_name(object, file, sizeof file) < 0 || stat(file, &about) != 0) {
    return false;
  }
  *out = (identity){about.st_dev, about.st_ino, info.addr};
  return true;
}

static void list(listed_group *g, hid_t id);

// --- links to groups ----------------------------------------------------------------------------------------------

/// Append "is a soft link to the group /train".
static void describe(hid_t parent, const char *name, const H5L_info_t *about, sp_text *out) {
  char value[2 * PATH_MAX] = "";
  const char *file = "", *object = "";
  unsigned flags;
  bool soft = about->type == H5L_TYPE_SOFT;
  bool read = about->u.val_size < sizeof value && H5Lget_val(parent, name, value, sizeof value - 1, H5P_DEFAULT) >= 0;
  if (read && !soft) read = H5Lunpack_elink_val(value, about->u.val_size, &flags, &file, &object) >= 0;
  sp_text_add(out, "is %s link to the group", soft ? "a soft" : "an external");
  if (read) sp_text_add(out, " %s", soft ? value : object);
  if (read && !soft) sp_text_add(out, " of the file %s", file);
}

/// A group of this file has a name of its own, under which it is listed.
static void follow_link(listed_group *g, hid_t parent, const char *name, const char *full, hid_t object,
                        const H5L_info_t *about) {
  walk *w = g->walk;
  sp_text text = {0};
  identity id;
  const listed_group *root = g;
  while (root->parent) root = root->parent;
  describe(parent, name, about, &text);
  bool known = identify(object, &id), inside = known && is_inside(g, &id), before = known && was_entered(w, &id);
  bool elsewhere = known && (id.device != root->id.device || id.inode != root->id.inode);
  if (inside || before) sp_text_add(&text, inside ? ", which contains the link" : ", which is listed already");
  w->visit_link(full, text.data, w->context);
  sp_text_free(&text);
  if (inside || before || !elsewhere || g->depth >= MAX_DEPTH) return;
  note_entry(w, &id);
  list(&(listed_group){g, w, full, id, g->depth + 1}, object);
}

// --- the walk -----------------------------------------------------------------------------------------------------

static herr_t follow(hid_t parent, const char *name, const H5L_info_t *about, void *context) {
  listed_group *g = context;
  walk *w = g->walk;
  if (w->visited == SP_HDF5_MAX_VISITED) w->over = true;
  if (w->over) return 1;
  w->visited++;
  sp_trial_at(w->path);
  bool hard = about->type == H5L_TYPE_HARD;
  identity id = {g->id.device, g->id.inode, hard ? about->u.address : HADDR_UNDEF};
  if (hard && is_inside(g, &id)) return 0;
  hid_t object = sp_hdf5_object_open(parent, name);
  sp_text full = {0};
  sp_text_add(&full, "%s/%s", g->name, name);
  H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
  if (kind == H5I_DATASET || object < 0) {
    if (!w->visit(full.data, object, w->context)) w->over = true;
  } else if (kind == H5I_GROUP && !hard && w->visit_link) {
    follow_link(g, parent, name, full.data, object, about);
  } else if (kind == H5I_GROUP && hard && g->depth < MAX_DEPTH) {
    list(&(listed_group){g, w, full.data, id, g->depth + 1}, object);
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

sp_status sp_hdf5_walk(const char *path, hid_t file, sp_hdf5_visit *visit, sp_hdf5_visit_link *visit_link,
                       void *context, int *visited) {
  walk w = {.path = path, .visit = visit, .visit_link = visit_link, .context = context};
  listed_group root = {NULL, &w, "", {.address = HADDR_UNDEF}, 0};
  hid_t group = H5Gopen2(file, "/", H5P_DEFAULT);
  (void)identify(group, &root.id);
  if (group >= 0) H5Gclose(group);
  list(&root, file);
  if (visited) *visited = w.visited;
  free(w.entered);
  return w.status;
}
