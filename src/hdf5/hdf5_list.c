// SPDX-License-Identifier: Apache-2.0
// Lists the contents of an HDF5 file, as text or JSON.
#include "hdf5/hdf5_list.h"

#include "base/memory.h"
#include "base/trial.h"
#include "base/visible.h"
#include "hdf5/hdf5_file.h"
#include "hdf5/hdf5_links.h"
#include "hdf5/hdf5_walk.h"

/// The listed properties of a data set.
typedef struct about {
  H5T_class_t class;
  size_t bytes;  ///< size of a value
  bool is_unsigned;
  int rank;
  hsize_t extent[H5S_MAX_RANK], chunk[H5S_MAX_RANK];
  H5D_layout_t layout;
  bool compressed;
  int64_t size;  ///< in memory; -1 if it exceeds 64 bits
} about;

static bool examine_type(hid_t dataset, about *a) {
  hid_t type = H5Dget_type(dataset);
  a->class = H5Tget_class(type);
  a->bytes = H5Tget_size(type);
  a->is_unsigned = a->class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE;
  if (type >= 0) H5Tclose(type);
  return type >= 0 && a->bytes > 0;
}

static bool examine_space(hid_t dataset, about *a) {
  hid_t space = H5Dget_space(dataset);
  a->rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, a->extent, NULL);
  bool empty = H5Sget_simple_extent_type(space) == H5S_NULL;
  if (space >= 0) H5Sclose(space);
  a->size = empty ? 0 : (int64_t)a->bytes;
  for (int i = 0; i < a->rank; i++) {
    bool fits = a->extent[i] <= INT64_MAX && a->size >= 0;
    if (!fits || !sp_multiply_size(a->size, (int64_t)a->extent[i], &a->size)) a->size = -1;
    if (a->extent[i] == 0) {
      a->size = 0;
      break;
    }
  }
  return a->rank >= 0;
}

static bool examine_layout(hid_t dataset, about *a) {
  hid_t properties = H5Dget_create_plist(dataset);
  a->layout = properties < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(properties);
  bool known = a->layout != H5D_LAYOUT_ERROR;
  if (a->layout == H5D_CHUNKED) {
    known = H5Pget_chunk(properties, H5S_MAX_RANK, a->chunk) == a->rank;
    a->compressed = H5Pget_nfilters(properties) > 0;
  }
  if (properties >= 0) H5Pclose(properties);
  return known;
}

// --- writing ------------------------------------------------------------------------------------------------------

static void add_type(sp_text *out, const about *a) {
  static const char *const classes[] = {"integer",  "float",     "time",        "string",          "bits", "opaque",
                                        "compound", "reference", "enumeration", "variable-length", "array"};
  if (a->class == H5T_INTEGER) {
    sp_text_add(out, "%sint%zu", a->is_unsigned ? "u" : "", 8 * a->bytes);
  } else if (a->class == H5T_FLOAT) {
    sp_text_add(out, "float%zu", 8 * a->bytes);
  } else {
    sp_text_add(out, "%s", a->class >= 0 && a->class < 11 ? classes[a->class] : "unknown");
  }
}

static void add_extents(sp_text *out, int rank, const hsize_t *extent) {
  sp_text_add(out, "[");
  for (int i = 0; i < rank; i++) sp_text_add(out, i ? ", %llu" : "%llu", (unsigned long long)extent[i]);
  sp_text_add(out, "]");
}

static const char *layout_name(H5D_layout_t layout) {
  switch (layout) {
    case H5D_CHUNKED: return "chunks";
    case H5D_VIRTUAL: return "virtual";
    case H5D_COMPACT: return "compact";
    default: return "contiguous";
  }
}

static void add_name(sp_text *out, const char *name) {
  sp_text shown = {0};
  sp_visible_add(&shown, name);
  sp_text_add(out, "%-33s ", sp_text_string(&shown));
  sp_text_free(&shown);
}

static void add_line(sp_text *out, const char *name, const about *a) {
  char text[32];
  add_name(out, name);
  add_type(out, a);
  sp_text_add(out, " ");
  add_extents(out, a->rank, a->extent);
  sp_text_add(out, "  %s", layout_name(a->layout));
  if (a->layout == H5D_CHUNKED) {
    sp_text_add(out, " ");
    add_extents(out, a->rank, a->chunk);
  }
  if (a->compressed) sp_text_add(out, " compressed");
  sp_text_add(out, "  %s\n", a->size < 0 ? "more bytes than can be addressed" : sp_text_bytes(a->size, text));
}

static void add_object(sp_text *out, const char *name, const about *a) {
  sp_text_add(out, "%s{\"path\": ", out->size ? ", " : "");
  sp_text_add_json(out, name);
  sp_text_add(out, ", \"type\": \"");
  add_type(out, a);
  sp_text_add(out, "\", \"shape\": ");
  add_extents(out, a->rank, a->extent);
  sp_text_add(out, ", \"layout\": \"%s\"", layout_name(a->layout));
  if (a->layout == H5D_CHUNKED) {
    sp_text_add(out, ", \"chunk\": ");
    add_extents(out, a->rank, a->chunk);
  }
  if (a->compressed) sp_text_add(out, ", \"compressed\": true");
  if (a->size < 0) {
    sp_text_add(out, ", \"bytes\": null}");
  } else {
    sp_text_add(out, ", \"bytes\": %lld}", (long long)a->size);
  }
}

// --- the file -----------------------------------------------------------------------------------------------------

typedef struct listing {
  const char *path;
  hid_t file;
  bool json;
  sp_text *out;
  sp_status status;
} listing;

/// List a dangling link, or an object that this HDF5 cannot open.
static void add_unreadable(const listing *l, const char *name) {
  (void)sp_hdf5_fail(SP_ERR_DATA, "%s: %s: cannot be opened", l->path, name);  // for its message
  bool linked = sp_hdf5_explain_link(l->path, name, l->file) != SP_OK;
  if (!l->json) {
    add_name(l->out, name);
    if (linked) {
      sp_visible_format(l->out, "%s", sp_error_message());
      sp_text_add(l->out, "\n");
    } else {
      sp_text_add(l->out, "cannot be opened: damaged, or written by a newer HDF5 than this %d.%d.%d\n", H5_VERS_MAJOR,
                  H5_VERS_MINOR, H5_VERS_RELEASE);
    }
    return;
  }
  sp_text_add(l->out, "%s{\"path\": ", l->out->size ? ", " : "");
  sp_text_add_json(l->out, name);
  sp_text_add(l->out, ", \"error\": ");
  sp_text_add_json(l->out, sp_error_message());
  sp_text_add(l->out, "}");
}

static bool add_dataset(const char *name, hid_t dataset, void *context) {
  listing *l = context;
  about a = {0};
  if (dataset < 0) {
    add_unreadable(l, name);
    return true;
  }
  if (examine_type(dataset, &a) && examine_space(dataset, &a) && examine_layout(dataset, &a)) {
    (l->json ? add_object : add_line)(l->out, name, &a);
  } else {
    l->status = sp_hdf5_fail(SP_ERR_DATA, "%s: %s: cannot be examined", l->path, name);
  }
  return true;
}

static void add_link(const char *name, const char *description, void *context) {
  const listing *l = context;
  if (l->json) {
    sp_text_add(l->out, "%s{\"path\": ", l->out->size ? ", " : "");
    sp_text_add_json(l->out, name);
    sp_text_add(l->out, ", \"link\": ");
    sp_text_add_json(l->out, description);
    sp_text_add(l->out, "}");
    return;
  }
  add_name(l->out, name);
  sp_visible_format(l->out, "%s", description);
  sp_text_add(l->out, "\n");
}

static sp_status list(listing *l) {
  int visited;
  SP_TRY(sp_hdf5_file_open(l->path, &l->file));
  sp_status status = sp_hdf5_walk(l->path, l->file, add_dataset, add_link, l, &visited);
  H5Fclose(l->file);
  SP_TRY(status);
  SP_TRY(l->status);
  if (visited < SP_HDF5_MAX_VISITED) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: has more than %d links; only the first ones are listed", l->path,
                 SP_HDF5_MAX_VISITED);
}

static sp_status try_list(void *context) {
  sp_text out = {0};
  listing attempt = {.path = context, .out = &out};
  sp_status status = list(&attempt);
  sp_text_free(&out);
  return status;
}

sp_status sp_hdf5_list(const char *path, bool json, sp_text *out) {
  char copy[4096];
  snprintf(copy, sizeof copy, "%s", path);
  SP_TRY(sp_trial(try_list, copy, "HDF5"));
  listing l = {.path = path, .json = json, .out = out};
  return list(&l);
}
