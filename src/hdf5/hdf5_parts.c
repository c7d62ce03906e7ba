// SPDX-License-Identifier: Apache-2.0
// The files that a data set refers to: parts of a virtual data set and external raw files. Where these are missing,
// HDF5 silently reads fill values or zeros.
#include "hdf5/hdf5_parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/text.h"
#include "hdf5/hdf5_file.h"
#include "hdf5/hdf5_links.h"
#include "hdf5/hdf5_type.h"
#include "hdf5/hdf5_virtual.h"

enum { MAX_DEPTH = 16, MAX_PARTS = 100000 };

/// A data set that is being examined, and the virtual data set that it is a part of.
typedef struct node {
  const struct node *parent;
  const char *file, *name;
  int depth;
  hid_t id;
} node;

typedef struct search {
  sp_arena *arena;
  sp_hdf5_missing *missing;  ///< of all parts so far
  int64_t parts;             ///< examined so far
  bool absent;               ///< the file of the part that failed last has no such object
  bool circle;               ///< the message already shows the whole chain of data sets
} search;

static sp_status check_node(search *s, const node *n);

// --- names --------------------------------------------------------------------------------------------------------

/// Returns "part-%b.h5" with %b replaced by a number, and %% by %.
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

static bool is_numbered(sp_arena *arena, const char *pattern) {
  return strcmp(numbered_name(arena, pattern, 0), numbered_name(arena, pattern, 1)) != 0;
}

static const char *find_part(sp_arena *arena, const char *file, const char *part) {
  return strcmp(part, ".") == 0 ? file : sp_hdf5_find_file(arena, file, part, "HDF5_VDS_PREFIX");
}

/// External raw files are not searched for: their path is the name, possibly after a prefix.
static const char *external_name(sp_arena *arena, const char *file, const char *name) {
  const char *prefix = getenv("HDF5_EXTFILE_PREFIX");
  if (name[0] == '/' || !prefix || !*prefix || strcmp(prefix, ".") == 0)
    return sp_arena_copy(arena, name, strlen(name));
  return sp_hdf5_prefixed(arena, file, prefix, name);
}

/// Returns the path of the file that holds an open data set. With links, it can differ from the file that was opened.
static const char *file_of(sp_arena *arena, hid_t id) {
  char name[PATH_MAX] = "";
  H5Fget_name(id, name, sizeof name);
  return sp_arena_copy(arena, name, strlen(name));
}

// --- external raw files -------------------------------------------------------------------------------------------

static int64_t stored_bytes(hid_t id) {
  hid_t type = H5Dget_type(id), space = H5Dget_space(id);
  hssize_t values = H5Sget_simple_extent_npoints(space);
  int64_t bytes = -1;
  if (!sp_multiply_size((int64_t)values, (int64_t)H5Tget_size(type), &bytes)) bytes = -1;
  H5Sclose(space);
  H5Tclose(type);
  return bytes;
}

static sp_status check_external(search *s, const node *n, hid_t properties, int count) {
  int64_t left = stored_bytes(n->id);
  if (left < 0) return sp_fail(SP_ERR_DATA, "%s: %s: has more values than can be addressed", n->file, n->name);
  for (int i = 0; i < count && left > 0; i++) {
    char name[PATH_MAX] = "";
    off_t offset = 0;
    hsize_t size = 0;
    if (H5Pget_external(properties, (unsigned)i, sizeof name - 1, name, &offset, &size) < 0 || offset < 0) {
      return sp_hdf5_fail(SP_ERR_DATA, "%s: %s: its external file %d cannot be examined", n->file, n->name, i + 1);
    }
    const char *path = external_name(s->arena, n->file, name);
    int64_t wanted = size < (hsize_t)left ? (int64_t)size : left, end;
    if (!sp_file_exists(path)) {
      return sp_fail(
          SP_ERR_DATA,
          "%s: %s: its values are in the external file %s, which does not exist (a relative name is relative to "
          "the current directory, or to HDF5_EXTFILE_PREFIX)",
          n->file, n->name, path);
    }
    if (!sp_file_regular(path)) {
      return sp_fail(SP_ERR_DATA, "%s: %s: its values are in the external file %s, which is not a regular file",
                     n->file, n->name, path);
    }
    if (!sp_add_size((int64_t)offset, wanted, &end) || sp_file_size(path) < end) {
      return sp_fail(SP_ERR_DATA,
                     "%s: %s: its values are in the external file %s, which is truncated: %lld bytes, "
                     "expected %lld",
                     n->file, n->name, path, (long long)sp_file_size(path), (long long)((int64_t)offset + wanted));
    }
    left -= wanted;
  }
  if (left == 0) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: %s: its external files have no space for %lld bytes of it", n->file, n->name,
                 (long long)left);
}

// --- one part -----------------------------------------------------------------------------------------------------

/// Append "a.h5:/x -> b.h5:/y -> ", beginning with a data set.
static void add_chain(sp_text *out, const node *from, const node *n) {
  if (n != from) add_chain(out, from, n->parent);
  sp_text_add(out, "%s:%s -> ", n->file, n->name);
}

static bool same_name(const char *a, const char *b) { return strcmp(a + strspn(a, "/"), b + strspn(b, "/")) == 0; }

/// Fail with the chain that begins with a data set; NULL: the whole chain.
static sp_status fail_chain(search *s, const node *from, const node *n, const char *file, const char *name,
                            const char *what) {
  const node *whole = n;
  sp_text chain = {0};
  while (whole->parent) whole = whole->parent;
  add_chain(&chain, from ? from : whole, n);
  s->circle = true;
  sp_status status = sp_fail(SP_ERR_DATA, "%s: %s: is virtual and cannot be read, because %s: %s%s:%s", whole->file,
                             whole->name, what, chain.data, file, name);
  sp_text_free(&chain);
  return status;
}

static sp_status check_chain(search *s, const node *n, const char *file, const char *name) {
  for (const node *above = n; above; above = above->parent) {
    if (same_name(above->name, name) && sp_file_same(above->file, file)) {
      return fail_chain(s, above, n, file, name, "these data sets refer to one another in a cycle");
    }
  }
  if (n->depth < MAX_DEPTH) return SP_OK;
  return fail_chain(s, NULL, n, file, name, "virtual data sets are nested more than 16 deep");
}

/// Returns whether every value of the part fits into the type of the virtual data set.
static bool type_fits(hid_t part, hid_t whole) {
  hid_t from = H5Dget_type(part), to = H5Dget_type(whole);
  H5T_class_t from_class = H5Tget_class(from), to_class = H5Tget_class(to);
  size_t from_bits = H5Tget_precision(from), to_bits = H5Tget_precision(to);
  bool fits = from_class == to_class, equal = H5Tequal(from, to) > 0;
  if (from_class == H5T_INTEGER && to_class == H5T_INTEGER) {
    bool from_sign = H5Tget_sign(from) == H5T_SGN_2, to_sign = H5Tget_sign(to) == H5T_SGN_2;
    fits = from_sign ? to_sign && to_bits >= from_bits : to_bits >= from_bits + to_sign;
  } else if (from_class == H5T_INTEGER && to_class == H5T_FLOAT) {
    fits = true;
  } else if (from_class != H5T_FLOAT) {
    fits = equal;
  }
  H5Tclose(from);
  H5Tclose(to);
  return fits || equal;
}

/// Check that the part has all elements that are mapped.
static sp_status check_selection(const node *whole, const node *part, hid_t from, sp_hdf5_mapping *m) {
  hid_t to = m->to;
  hsize_t extent[H5S_MAX_RANK], first[H5S_MAX_RANK], last[H5S_MAX_RANK];
  hid_t space = H5Dget_space(part->id);
  int rank = H5Sget_simple_extent_dims(space, extent, NULL);
  hssize_t there = H5Sget_simple_extent_npoints(space);
  H5Sclose(space);
  if (!m->numbered) m->available = sp_hdf5_available(from, rank, extent);
  if (H5Sget_select_type(from) != H5S_SEL_HYPERSLABS) {  // the whole part
    hssize_t mapped = H5Sget_select_type(to) == H5S_SEL_HYPERSLABS ? H5Sget_select_npoints(to) : there;
    if (rank < 0 || mapped == there || mapped < 0) return SP_OK;
    return sp_fail(SP_ERR_DATA, "%s: %s: is virtual, and its part %s:%s has %lld values, expected %lld", whole->file,
                   whole->name, part->file, part->name, (long long)there, (long long)mapped);
  }
  if (H5Sget_simple_extent_ndims(from) != rank) {
    return sp_fail(SP_ERR_DATA, "%s: %s: is virtual, and its part %s:%s has %d dimensions, expected %d", whole->file,
                   whole->name, part->file, part->name, rank, H5Sget_simple_extent_ndims(from));
  }
  if (H5Sget_select_bounds(from, first, last) < 0) return SP_OK;  // unlimited: any size is valid
  for (int i = 0; i < rank; i++) {
    if (last[i] == H5S_UNLIMITED || last[i] < extent[i]) continue;
    return sp_fail(SP_ERR_DATA,
                   "%s: %s: is virtual, and its part %s:%s has extent %llu in dimension %d, expected at least %llu",
                   whole->file, whole->name, part->file, part->name, (unsigned long long)extent[i], i + 1,
                   (unsigned long long)last[i] + 1);
  }
  return SP_OK;
}

/// Attributes of a part define its values, also when these are read through the virtual data set.
static sp_status check_attributes(search *s, const node *part) {
  sp_hdf5_missing missing;
  sp_dtype dtype;
  SP_TRY(sp_hdf5_examine_type(part->file, part->name, part->id, &dtype));
  SP_TRY(sp_hdf5_check_attributes(part->file, part->name, part->id, dtype, &missing));
  return sp_context(sp_hdf5_add_missing(s->missing, &missing), "%s: %s", part->file, part->name);
}

static sp_status check_object(search *s, const node *whole, const node *part, hid_t from, sp_hdf5_mapping *m) {
  if (H5Iget_type(part->id) != H5I_DATASET) {
    return sp_fail(SP_ERR_DATA, "%s: %s: is virtual, and its part %s:%s is not a data set", whole->file, whole->name,
                   part->file, part->name);
  }
  if (!type_fits(part->id, whole->id)) {
    return sp_fail(SP_ERR_DATA,
                   "%s: %s: is virtual, and its part %s:%s has values of a type that does not fit into its own type",
                   whole->file, whole->name, part->file, part->name);
  }
  sp_status status = check_node(s, part);
  if (status != SP_OK && s->circle) return status;
  if (status == SP_OK) status = check_attributes(s, part);
  SP_TRY(sp_context(status, "%s: %s: is virtual, and a part cannot be used", whole->file, whole->name));
  return check_selection(whole, part, from, m);
}

static sp_status check_part(search *s, const node *n, const char *name, const char *part_name, hid_t from,
                            sp_hdf5_mapping *m) {
  const char *found = find_part(s->arena, n->file, name);
  if (!found) {
    return sp_fail(SP_ERR_DATA, "%s: %s: is virtual, and its part %s does not exist", n->file, n->name, name);
  }
  SP_TRY(check_chain(s, n, found, part_name));
  if (++s->parts > MAX_PARTS) {
    return sp_fail(SP_ERR_DATA, "%s: %s: is virtual with more than %d parts", n->file, n->name, MAX_PARTS);
  }
  hid_t file;
  sp_status status = sp_hdf5_file_open(found, &file);
  if (status != SP_OK) return sp_context(status, "%s: %s: is virtual, and a part cannot be used", n->file, n->name);
  hid_t object = sp_hdf5_object_open(file, part_name);
  bool absent = object < 0;
  if (absent) {
    status = sp_hdf5_fail_link(found, part_name, file);
    status = sp_context(status, "%s: %s: is virtual, and its part %s has no %s", n->file, n->name, found, part_name);
  } else {
    status = check_object(s, n, &(node){n, file_of(s->arena, object), part_name, n->depth + 1, object}, from, m);
    H5Oclose(object);
  }
  H5Fclose(file);
  s->absent = absent;
  return status;
}

// --- the mapping --------------------------------------------------------------------------------------------------

/// Like HDF5, take numbered parts up to the first one that is missing.
static sp_status check_numbered(search *s, const node *n, const char *name, const char *part_name, hid_t from,
                                sp_hdf5_mapping *m) {
  bool files = is_numbered(s->arena, name);
  for (int64_t i = 0;; i++) {
    const char *file = numbered_name(s->arena, name, i), *object = numbered_name(s->arena, part_name, i);
    if (i > 0 && files && !find_part(s->arena, n->file, file)) return SP_OK;
    sp_status status = check_part(s, n, file, object, from, m);
    if (status != SP_OK) return i > 0 && !files && s->absent ? SP_OK : status;
    m->available = (hsize_t)i + 1;
  }
}

static sp_status check_mapping(search *s, const node *n, hid_t properties, size_t i, sp_hdf5_mapping *m) {
  char name[PATH_MAX] = "", part_name[PATH_MAX] = "";
  hid_t from = H5Pget_virtual_srcspace(properties, i);
  m->to = H5Pget_virtual_vspace(properties, i);
  ssize_t sizes[] = {H5Pget_virtual_filename(properties, i, name, sizeof name),
                     H5Pget_virtual_dsetname(properties, i, part_name, sizeof part_name)};
  sp_status status;
  if (from < 0 || m->to < 0 || sizes[0] <= 0 || sizes[1] <= 0 || sizes[0] >= PATH_MAX || sizes[1] >= PATH_MAX) {
    status =
        sp_hdf5_fail(SP_ERR_DATA, "%s: %s: is virtual, and its part %zu cannot be examined", n->file, n->name, i + 1);
  } else {
    m->numbered = is_numbered(s->arena, name) || is_numbered(s->arena, part_name);
    status = m->numbered
                 ? check_numbered(s, n, name, part_name, from, m)
                 : check_part(s, n, numbered_name(s->arena, name, 0), numbered_name(s->arena, part_name, 0), from, m);
  }
  if (from >= 0) H5Sclose(from);
  return status;
}

static sp_status check_virtual(search *s, const node *n, hid_t properties) {
  size_t count = 0;
  if (H5Pget_virtual_count(properties, &count) < 0 || count > MAX_PARTS) {
    return sp_fail(SP_ERR_DATA, "%s: %s: is virtual, and its parts cannot be examined or number more than %d", n->file,
                   n->name, MAX_PARTS);
  }
  sp_hdf5_mapping *mapping = sp_arena_allocate(s->arena, (count + 1) * sizeof *mapping);
  sp_status status = SP_OK;
  for (size_t i = 0; i < count; i++) mapping[i].to = H5I_INVALID_HID;
  for (size_t i = 0; i < count && status == SP_OK; i++) status = check_mapping(s, n, properties, i, &mapping[i]);
  if (status == SP_OK) status = sp_hdf5_check_coverage(n->file, n->name, n->id, mapping, (int64_t)count);
  for (size_t i = 0; i < count; i++) {
    if (mapping[i].to >= 0) H5Sclose(mapping[i].to);
  }
  return status;
}

/// Refuse a data set to which nothing was ever written: HDF5 would read fill values, which are not data.
static sp_status check_written(const node *n) {
  if (H5Dget_storage_size(n->id) > 0 || stored_bytes(n->id) == 0) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: %s: was created, but no value has ever been written to it", n->file, n->name);
}

static sp_status check_node(search *s, const node *n) {
  hid_t properties = H5Dget_create_plist(n->id);
  H5D_layout_t layout = H5Pget_layout(properties);
  int external = H5Pget_external_count(properties);
  sp_status status;
  if (properties < 0 || layout < 0) {
    status = sp_hdf5_fail(SP_ERR_DATA, "%s: %s: its layout cannot be examined", n->file, n->name);
  } else if (layout == H5D_VIRTUAL) {
    status = check_virtual(s, n, properties);
  } else {
    status = external > 0 ? check_external(s, n, properties, external) : check_written(n);
  }
  if (properties >= 0) H5Pclose(properties);
  return status;
}

sp_status sp_hdf5_check_parts(const char *path, const char *name, hid_t id, sp_hdf5_missing *missing) {
  search s = {.arena = sp_arena_create(), .missing = missing};
  const char *file = file_of(s.arena, id);
  sp_status status = check_node(&s, &(node){NULL, sp_file_same(path, file) ? path : file, name, 0, id});
  sp_arena_free(s.arena);
  return status;
}

// --- whether a data set refers to a file --------------------------------------------------------------------------

/// Like HDF5, take numbered parts up to the first one that is missing.
static bool is_part(sp_arena *arena, const char *path, const char *pattern, const char *other) {
  bool numbered = is_numbered(arena, pattern), same = false;
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
  int external = H5Pget_external_count(properties);
  if (H5Pget_layout(properties) == H5D_VIRTUAL) H5Pget_virtual_count(properties, &count);
  sp_arena *arena = sp_arena_create();
  const char *file = file_of(arena, id);
  bool found = sp_file_same(file, other);
  if (sp_file_same(path, file)) file = path;
  for (size_t i = 0; i < count && !found; i++) {
    H5Pget_virtual_filename(properties, i, name, sizeof name);
    found = is_part(arena, file, name, other);
  }
  for (int i = 0; i < external && !found; i++) {
    off_t offset;
    hsize_t size;
    H5Pget_external(properties, (unsigned)i, sizeof name - 1, name, &offset, &size);
    found = sp_file_same(external_name(arena, file, name), other);
  }
  sp_arena_free(arena);
  H5Pclose(properties);
  return found;
}
