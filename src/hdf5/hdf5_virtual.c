// SPDX-License-Identifier: Apache-2.0
// Checks that the parts of a virtual data set provide all of its rows. HDF5 reads fill values for missing rows.
#include "hdf5/hdf5_virtual.h"

#include "hdf5/hdf5_file.h"

enum { MAX_BLOCKS = 1 << 20 };  // of all mappings together

/// A regular selection: in each dimension, `count` blocks that begin `stride` apart.
typedef struct slab {
  int rank, unlimited;  ///< the unlimited dimension, or -1
  hsize_t start[H5S_MAX_RANK], stride[H5S_MAX_RANK], count[H5S_MAX_RANK], block[H5S_MAX_RANK];
} slab;

static bool get_slab(hid_t space, slab *s) {
  s->rank = H5Sget_simple_extent_ndims(space);
  s->unlimited = -1;
  if (H5Sget_select_type(space) != H5S_SEL_HYPERSLABS || H5Sis_regular_hyperslab(space) <= 0) return false;
  if (H5Sget_regular_hyperslab(space, s->start, s->stride, s->count, s->block) < 0) return false;
  for (int i = 0; i < s->rank; i++) {
    if (s->count[i] == H5S_UNLIMITED || s->block[i] == H5S_UNLIMITED) s->unlimited = i;
  }
  return true;
}

hsize_t sp_hdf5_available(hid_t from, int rank, const hsize_t *extent) {
  slab s;
  if (!get_slab(from, &s) || s.unlimited < 0 || s.rank != rank) return 0;
  int u = s.unlimited;
  if (extent[u] <= s.start[u]) return 0;
  hsize_t places = extent[u] - s.start[u], block = s.block[u], stride = s.stride[u];
  if (block == H5S_UNLIMITED || stride == 0) return places;
  hsize_t rest = places % stride;
  return places / stride * block + (rest < block ? rest : block);
}

// --- elements without a mapping -----------------------------------------------------------------------------------

/// The elements that no mapping has provided so far, as the selection of a space.
typedef struct rest {
  hid_t space;
  int64_t blocks;  ///< of the mappings so far
} rest;

static bool is_none(const rest *r) { return H5Sget_select_npoints(r->space) == 0; }

static bool subtract(rest *r, const slab *s) {
  for (int i = 0; i < s->rank; i++) {
    if (s->count[i] == 0 || s->block[i] == 0) return true;
    bool dense = s->count[i] == 1 || s->stride[i] == s->block[i];
    int64_t blocks = dense ? 1 : (int64_t)s->count[i];
    if (blocks < 0 || blocks > MAX_BLOCKS - r->blocks) return false;
    r->blocks += blocks;
  }
  return is_none(r) || H5Sselect_hyperslab(r->space, H5S_SELECT_NOTB, s->start, s->stride, s->count, s->block) >= 0;
}

/// An unlimited selection ends with the data: after whole blocks and, possibly, a part of another block.
static bool subtract_available(rest *r, slab *s, const sp_hdf5_mapping *m) {
  int u = s->unlimited;
  if (s->block[u] == H5S_UNLIMITED) {
    s->block[u] = m->available;
    return subtract(r, s);
  }
  if (s->block[u] == 0) return true;
  s->count[u] = m->numbered ? m->available : m->available / s->block[u];
  if (!subtract(r, s)) return false;
  s->start[u] += s->count[u] * s->stride[u];
  s->count[u] = 1;
  s->block[u] = m->numbered ? 0 : m->available % s->block[u];
  return subtract(r, s);
}

/// Subtract an irregular selection block by block.
static bool subtract_blocks(rest *r, hid_t to, int rank) {
  hssize_t blocks = H5Sget_select_hyper_nblocks(to);
  if (blocks < 0 || blocks > MAX_BLOCKS - r->blocks) return false;
  for (hssize_t i = 0; i < blocks; i++) {
    hsize_t corner[2 * H5S_MAX_RANK];
    slab s = {.rank = rank};
    if (H5Sget_select_hyper_blocklist(to, (hsize_t)i, 1, corner) < 0) return false;
    for (int d = 0; d < rank; d++) {
      s.start[d] = corner[d];
      s.stride[d] = s.count[d] = 1;
      s.block[d] = corner[rank + d] - corner[d] + 1;
    }
    if (!subtract(r, &s)) return false;
  }
  return true;
}

static bool subtract_mapping(rest *r, const sp_hdf5_mapping *m, int rank) {
  slab s;
  H5S_sel_type kind = H5Sget_select_type(m->to);
  if (kind == H5S_SEL_ALL) return H5Sselect_none(r->space) >= 0;
  if (kind != H5S_SEL_HYPERSLABS || H5Sget_simple_extent_ndims(m->to) != rank) return false;
  if (!get_slab(m->to, &s)) return subtract_blocks(r, m->to, rank);
  return s.unlimited >= 0 ? subtract_available(r, &s, m) : subtract(r, &s);
}

static sp_status check(const char *path, const char *name, rest *r, const sp_hdf5_mapping *mapping, int64_t count) {
  hsize_t extent[H5S_MAX_RANK], first[H5S_MAX_RANK] = {0}, last[H5S_MAX_RANK];
  int rank = H5Sget_simple_extent_dims(r->space, extent, NULL);
  if (rank < 1 || H5Sget_simple_extent_npoints(r->space) < 1) return SP_OK;  // no rows: refused elsewhere
  bool known = H5Sselect_hyperslab(r->space, H5S_SELECT_SET, first, NULL, extent, NULL) >= 0;
  for (int64_t i = 0; i < count && known && !is_none(r); i++) known = subtract_mapping(r, &mapping[i], rank);
  if (known && is_none(r)) return SP_OK;
  if (!known || H5Sget_select_bounds(r->space, first, last) < 0) {
    return sp_fail(
        SP_ERR_DATA,
        "%s: %s: is virtual, and its mappings cannot be examined or have more than %d blocks; convert it to an "
        "ordinary data set with h5repack",
        path, name, MAX_BLOCKS);
  }
  return sp_fail(SP_ERR_DATA,
                 "%s: %s: is virtual, and its parts do not provide all of row %llu: HDF5 would read fill values there",
                 path, name, (unsigned long long)first[0]);
}

sp_status sp_hdf5_check_coverage(const char *path, const char *name, hid_t id, const sp_hdf5_mapping *mapping,
                                 int64_t count) {
  rest r = {.space = H5Dget_space(id)};
  if (r.space < 0) return sp_hdf5_fail(SP_ERR_DATA, "%s: %s: its shape cannot be examined", path, name);
  sp_status status = check(path, name, &r, mapping, count);
  H5Sclose(r.space);
  return status;
}
