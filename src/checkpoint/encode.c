// SPDX-License-Identifier: Apache-2.0
// Creation of the image of state.h5.
#include "checkpoint/encode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "checkpoint/box.h"
#include "checkpoint/tensors.h"
#include "hdf5/hdf5_file.h"

/// Only the first failure is recorded. Later calls may fail as a consequence, which is harmless.
typedef struct encoder {
  hid_t file, links;  ///< links: creates intermediate groups
  sp_status status;
} encoder;

static void check(encoder *e, int64_t result, const char *what) {
  if (result < 0 && e->status == SP_OK)
    e->status = sp_hdf5_fail(SP_ERR_LIBRARY, "state.h5: %s cannot be created", what);
}

static void put_attribute(encoder *e, const char *name, hid_t type, int count, const void *value) {
  hsize_t extent = (hsize_t)count;
  hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
  hid_t attribute = H5Acreate2(e->file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  check(e, attribute, name);
  check(e, H5Awrite(attribute, type, value), name);
  H5Aclose(attribute);
  H5Sclose(space);
}

/// Write a text of variable length: an attribute of fixed size holds at most 64 kB, and a configuration may be longer.
static void put_text(encoder *e, const char *name, const char *text) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  put_attribute(e, name, type, 1, &text);
  H5Tclose(type);
}

static void put_rows(encoder *e, const char *name, hid_t type, int64_t count, const void *rows) {
  hsize_t extent = (hsize_t)count;
  hid_t space = H5Screate_simple(1, &extent, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(create, 0);
  hid_t set = H5Dcreate2(e->file, name, type, space, e->links, create, H5P_DEFAULT);
  check(e, set, name);
  if (count > 0) check(e, H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), name);
  H5Dclose(set);
  H5Pclose(create);
  H5Sclose(space);
}

// --- virtual data sets --------------------------------------------------------------------------------------------

/// Map values [begin, end) of the vector, which belong to one tensor and one range, to the data set `source` of the
/// part.
static void map_range(encoder *e, hid_t create, hid_t target, const sp_part *part, const sp_block_range *range,
                      const char *source, const sp_tensor *tensor, int64_t begin, int64_t end) {
  hsize_t extent = (hsize_t)(part->blocks * SP_BLOCK);
  hid_t from = H5Screate_simple(1, &extent, NULL);
  while (begin < end) {
    sp_box box;
    int64_t values = sp_box_next(&tensor->shape, begin - tensor->offset, end - tensor->offset, &box);
    hsize_t start[SP_MAX_RANK] = {0}, count[SP_MAX_RANK] = {1};
    for (int i = 0; i < tensor->shape.rank; i++) {
      start[i] = (hsize_t)box.start[i];
      count[i] = (hsize_t)box.count[i];
    }
    hsize_t first = (hsize_t)(begin + (range->place - range->first) * SP_BLOCK), length = (hsize_t)values;
    check(e, H5Sselect_hyperslab(target, H5S_SELECT_SET, start, NULL, count, NULL), tensor->name);
    check(e, H5Sselect_hyperslab(from, H5S_SELECT_SET, &first, NULL, &length, NULL), tensor->name);
    check(e, H5Pset_virtual(create, target, part->file, source, from), tensor->name);
    begin += values;
  }
  H5Sclose(from);
}

/// Create one tensor of one vector as a virtual data set. A scalar has the shape [1]. Readers see NaN, not zeros, where
/// a part is missing.
static void put_virtual(encoder *e, const sp_state *state, const sp_ckpt_layout *layout, const char *group,
                        const char *source, const sp_tensor *tensor) {
  char name[256];
  snprintf(name, sizeof name, "%s/%s", group, tensor->name);
  hid_t type = state->precision == SP_FLOAT32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
  hsize_t extent[SP_MAX_RANK] = {1};
  for (int i = 0; i < tensor->shape.rank; i++) extent[i] = (hsize_t)tensor->shape.extent[i];
  hid_t target = H5Screate_simple(tensor->shape.rank ? tensor->shape.rank : 1, extent, NULL);
  hid_t create = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(create, 0);
  check(e, H5Pset_fill_value(create, H5T_NATIVE_DOUBLE, &(double){NAN}), name);
  for (int64_t i = 0; i < layout->ranges; i++) {
    const sp_block_range *range = &layout->range[i];
    int64_t begin = range->first * SP_BLOCK, end = begin + range->blocks * SP_BLOCK;
    if (begin < tensor->offset) begin = tensor->offset;
    if (end > tensor->offset + tensor->count) end = tensor->offset + tensor->count;
    map_range(e, create, target, &layout->part[range->part], range, source, tensor, begin, end);
  }
  H5Sselect_all(target);
  hid_t set = H5Dcreate2(e->file, name, type, target, e->links, create, H5P_DEFAULT);
  check(e, set, name);
  H5Dclose(set);
  H5Pclose(create);
  H5Sclose(target);
}

static void put_vector(encoder *e, const sp_state *state, const sp_ckpt_layout *layout, int vector,
                       const uint64_t *checksum) {
  const char *name = vector == 0 ? "parameters" : state->slot_name[vector - 1];
  char source[SP_SLOT_NAME + 1], group[128], sums[128];
  snprintf(source, sizeof source, "/%s", name);
  snprintf(group, sizeof group, vector == 0 ? "/%s" : "/optimizer/%s", name);
  snprintf(sums, sizeof sums, "/checksums/%s", name);
  for (int64_t i = 0; i < state->table->tensors; i++) {
    const sp_tensor *tensor = &state->table->tensor[i];
    if (vector == 0 || sp_tensor_in_slot(tensor, name)) put_virtual(e, state, layout, group, source, tensor);
  }
  put_rows(e, sums, H5T_NATIVE_UINT64, state->table->blocks, checksum);
}

// --- all of state.h5 ----------------------------------------------------------------------------------------------

static void put_attributes(encoder *e, const sp_state *state) {
  char versions[256];
  sp_snapshot_versions(versions);
  put_attribute(e, "format", H5T_NATIVE_INT, 1, &(int){SP_CHECKPOINT_FORMAT});
  put_text(e, "byte_order", H5Tget_order(H5T_NATIVE_INT) == H5T_ORDER_LE ? "little" : "big");
  put_text(e, "precision", sp_dtype_name(state->precision));
  put_attribute(e, "arithmetic", H5T_NATIVE_INT, 1, &state->arithmetic);
  for (const sp_progress_field *field = sp_progress_fields; field->name; field++) {
    put_attribute(e, field->name, field->real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, field->count,
                  (const char *)&state->progress + field->offset);
  }
  put_attribute(e, "lanes", H5T_NATIVE_INT64, 1, &state->lanes);
  put_attribute(e, "seed", H5T_NATIVE_UINT64, 1, &state->seed);
  put_attribute(e, "blocks", H5T_NATIVE_INT64, 1, &state->table->blocks);
  put_text(e, "config", state->config ? state->config : "");
  put_text(e, "versions", versions);
}

static void put_tables(encoder *e, const sp_state *state, const sp_ckpt_layout *layout) {
  char slot[SP_STATE_SLOTS][SP_SLOT_NAME] = {0};
  for (int i = 0; i < state->slots; i++) snprintf(slot[i], SP_SLOT_NAME, "%s", state->slot_name[i]);
  hid_t tensor_type = sp_snapshot_tensor_type(), slot_type = sp_snapshot_slot_type(),
        part_type = sp_snapshot_part_type(), range_type = sp_snapshot_range_type();
  put_rows(e, "/tensors", tensor_type, state->table->tensors, state->table->tensor);
  put_rows(e, "/slots", slot_type, state->slots, slot);
  put_rows(e, "/parts", part_type, layout->parts, layout->part);
  put_rows(e, "/ranges", range_type, layout->ranges, layout->range);
  H5Tclose(tensor_type);
  H5Tclose(slot_type);
  H5Tclose(part_type);
  H5Tclose(range_type);
}

static void put_arrays(encoder *e, const sp_state *state) {
  hid_t group = H5Gcreate2(e->file, "/arrays", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  check(e, group, "/arrays");
  H5Gclose(group);
  for (int i = 0; i < state->arrays; i++) {
    char name[128];
    snprintf(name, sizeof name, "/arrays/%s", state->array[i].name);
    put_rows(e, name, H5T_NATIVE_DOUBLE, state->array[i].count, state->array[i].value);
  }
}

static sp_status take_image(encoder *e, char **image, size_t *size) {
  check(e, H5Fflush(e->file, H5F_SCOPE_GLOBAL), "the file");
  ssize_t bytes = H5Fget_file_image(e->file, NULL, 0);
  check(e, bytes, "the image");
  if (e->status != SP_OK) return e->status;
  char *data;
  SP_TRY(sp_allocate(bytes, 1, "image of state.h5", &data));
  check(e, H5Fget_file_image(e->file, data, (size_t)bytes), "the image");
  if (e->status != SP_OK) {
    free(data);
    return e->status;
  }
  *image = data;
  *size = (size_t)bytes;
  return SP_OK;
}

sp_status sp_snapshot_encode(const sp_state *state, const sp_ckpt_layout *layout,
                             uint64_t *const checksum[SP_STATE_VECTORS], char **image, size_t *size) {
  enum { GROW = 1 << 20 };
  sp_hdf5_lock();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, GROW, 0);  // in memory only
  encoder e = {.file = H5Fcreate("state.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access), .links = H5Pcreate(H5P_LINK_CREATE)};
  check(&e, e.file, "the file");
  H5Pset_create_intermediate_group(e.links, 1);
  put_attributes(&e, state);
  put_tables(&e, state, layout);
  put_arrays(&e, state);
  for (int v = 0; v <= state->slots; v++) put_vector(&e, state, layout, v, checksum[v]);
  sp_status status = take_image(&e, image, size);
  H5Pclose(e.links);
  H5Fclose(e.file);
  H5Pclose(access);
  sp_hdf5_unlock();
  return status;
}
