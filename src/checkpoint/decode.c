// SPDX-License-Identifier: Apache-2.0
// Reading the image of state.h5.
#include "checkpoint/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "hdf5/hdf5_file.h"

static sp_status get_attribute(hid_t file, const char *name, hid_t type, int count, void *value) {
  hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
  if (attribute < 0) return sp_hdf5_fail(SP_ERR_CORRUPT, "attribute %s", name);
  hid_t space = H5Aget_space(attribute);
  sp_status status = SP_OK;
  if (H5Sget_simple_extent_npoints(space) != count) {
    status = sp_fail(SP_ERR_CORRUPT, "attribute %s: expected %d values", name, count);
  } else if (H5Aread(attribute, type, value) < 0) {
    status = sp_hdf5_fail(SP_ERR_CORRUPT, "attribute %s", name);
  }
  H5Sclose(space);
  H5Aclose(attribute);
  return status;
}

static sp_status get_text(hid_t file, const char *name, char **out) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  char *text = NULL;
  sp_status status = get_attribute(file, name, type, 1, &text);
  if (status == SP_OK) {
    *out = strdup(text ? text : "");
    if (!*out) status = sp_fail(SP_ERR_MEMORY, "attribute %s: out of memory", name);
    H5free_memory(text);
  }
  H5Tclose(type);
  return status;
}

/// Read a one-dimensional data set into new memory, which the caller frees.
static sp_status get_rows(hid_t file, const char *name, hid_t type, size_t size, int64_t *count, void *out) {
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  if (set < 0) return sp_hdf5_fail(SP_ERR_CORRUPT, "%s", name);
  hid_t space = H5Dget_space(set);
  int64_t rows = H5Sget_simple_extent_npoints(space);
  void *data = NULL;
  sp_status status = H5Sget_simple_extent_ndims(space) == 1
                         ? sp_allocate(rows, size, name, &data)
                         : sp_fail(SP_ERR_CORRUPT, "%s: expected one dimension", name);
  if (status == SP_OK && rows > 0 && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
    status = sp_hdf5_fail(SP_ERR_CORRUPT, "%s", name);
    free(data);
  }
  H5Sclose(space);
  H5Dclose(set);
  if (status != SP_OK) return status;
  *count = rows;
  memcpy(out, &data, sizeof data);
  return SP_OK;
}

/// Like get_rows, and close `type`.
static sp_status get_table(hid_t file, const char *name, hid_t type, size_t size, int64_t *count, void *out) {
  sp_status status = get_rows(file, name, type, size, count, out);
  H5Tclose(type);
  return status;
}

// --- all of state.h5 ----------------------------------------------------------------------------------------------

static sp_status get_precision(hid_t file, sp_dtype *precision) {
  char *name = NULL, *order = NULL;
  sp_status status = get_text(file, "precision", &name);
  if (status == SP_OK) status = get_text(file, "byte_order", &order);
  if (status == SP_OK) {
    const char *here = H5Tget_order(H5T_NATIVE_INT) == H5T_ORDER_LE ? "little" : "big";
    if (strcmp(order, here) != 0) {
      status = sp_fail(SP_ERR_CONFIG, "was written on a %s-endian machine, but this machine is %s-endian", order, here);
    } else if (strcmp(name, "float32") == 0) {
      *precision = SP_FLOAT32;
    } else if (strcmp(name, "float64") == 0) {
      *precision = SP_FLOAT64;
    } else {
      status = sp_fail(SP_ERR_CORRUPT, "found precision '%s', expected float32 or float64", name);
    }
  }
  free(name);
  free(order);
  return status;
}

static sp_status get_attributes(hid_t file, sp_snapshot *s) {
  int format;
  SP_TRY(get_attribute(file, "format", H5T_NATIVE_INT, 1, &format));
  if (format != SP_CHECKPOINT_FORMAT) {
    return sp_fail(SP_ERR_CORRUPT, "has format %d, but this version of shardprop reads format %d", format,
                   SP_CHECKPOINT_FORMAT);
  }
  SP_TRY(get_precision(file, &s->precision));
  if (H5Aexists(file, "arithmetic") != 0) {
    SP_TRY(get_attribute(file, "arithmetic", H5T_NATIVE_INT, 1, &s->arithmetic));
  }
  for (const sp_progress_field *field = sp_progress_fields; field->name; field++) {
    SP_TRY(get_attribute(file, field->name, field->real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, field->count,
                         (char *)&s->progress + field->offset));
  }
  SP_TRY(get_attribute(file, "lanes", H5T_NATIVE_INT64, 1, &s->lanes));
  SP_TRY(get_attribute(file, "seed", H5T_NATIVE_UINT64, 1, &s->seed));
  SP_TRY(get_attribute(file, "blocks", H5T_NATIVE_INT64, 1, &s->table.blocks));
  SP_TRY(get_text(file, "config", &s->config));
  return get_text(file, "versions", &s->versions);
}

static sp_status get_slots(hid_t file, sp_snapshot *s) {
  char(*slot)[SP_SLOT_NAME] = NULL;
  int64_t slots;
  SP_TRY(get_table(file, "/slots", sp_snapshot_slot_type(), SP_SLOT_NAME, &slots, &slot));
  sp_status status = SP_OK;
  if (slots > SP_STATE_SLOTS) {
    status = sp_fail(SP_ERR_CORRUPT, "/slots: has %" PRId64 " rows, expected at most %d", slots, SP_STATE_SLOTS);
  } else {
    s->slots = (int)slots;
    for (int i = 0; i < s->slots; i++) snprintf(s->slot_name[i], SP_SLOT_NAME, "%.*s", SP_SLOT_NAME - 1, slot[i]);
  }
  free(slot);
  return status;
}

static bool makes_sense(const sp_tensor *tensor, int64_t begin, int64_t end) {
  int64_t count;
  if (tensor->kind != SP_TENSOR_TRAINED && tensor->kind != SP_TENSOR_STATISTIC) return false;
  if (tensor->shape.rank < 0 || tensor->shape.rank > SP_MAX_RANK) return false;
  if (sp_shape_count(&tensor->shape, &count) != SP_OK || count != tensor->count) return false;
  return tensor->offset >= begin && tensor->offset <= end - count;
}

static sp_status get_tensors(hid_t file, sp_snapshot *s) {
  _Static_assert(sizeof(sp_tensor_kind) == sizeof(int), "kinds are stored as int");
  sp_parameter_table *table = &s->table;
  SP_TRY(get_table(file, "/tensors", sp_snapshot_tensor_type(), sizeof *s->tensor, &table->tensors, &s->tensor));
  table->tensor = s->tensor;
  table->trained_blocks = table->blocks;
  int64_t begin = 0, end;
  if (table->blocks < 0 || !sp_multiply_size(table->blocks, SP_BLOCK, &end)) {
    return sp_fail(SP_ERR_CORRUPT, "attribute blocks: %" PRId64 " is out of range", table->blocks);
  }
  for (int64_t i = 0; i < table->tensors; i++) {
    sp_tensor *tensor = &s->tensor[i];
    tensor->name[sizeof tensor->name - 1] = '\0';
    if (!makes_sense(tensor, begin, end)) {
      return sp_fail(SP_ERR_CORRUPT, "/tensors: row %" PRId64 " is not valid", i);
    }
    begin = tensor->offset + tensor->count;
    if (tensor->kind == SP_TENSOR_TRAINED) {
      table->trainable += tensor->count;
    } else if (tensor->offset / SP_BLOCK < table->trained_blocks) {
      table->trained_blocks = tensor->offset / SP_BLOCK;
    }
  }
  return SP_OK;
}

static sp_status get_parts(hid_t file, sp_snapshot *s) {
  sp_ckpt_layout *layout = &s->layout;
  SP_TRY(get_table(file, "/parts", sp_snapshot_part_type(), sizeof *layout->part, &layout->parts, &layout->part));
  for (int64_t i = 0; i < layout->parts; i++) {
    sp_part *part = &layout->part[i];
    part->file[SP_PART_NAME - 1] = '\0';
    if (part->blocks < 1 || part->blocks > s->table.blocks || strchr(part->file, '/')) {
      return sp_fail(SP_ERR_CORRUPT, "/parts: row %" PRId64 " is not valid", i);
    }
  }
  return SP_OK;
}

static sp_status get_ranges(hid_t file, sp_snapshot *s) {
  sp_ckpt_layout *layout = &s->layout;
  SP_TRY(get_table(file, "/ranges", sp_snapshot_range_type(), sizeof *layout->range, &layout->ranges, &layout->range));
  int64_t next = 0;
  for (int64_t i = 0; i < layout->ranges; i++) {
    const sp_block_range *range = &layout->range[i];
    bool known = range->part >= 0 && range->part < layout->parts;
    int64_t there = known ? layout->part[range->part].blocks : 0;
    if (range->first != next || range->blocks < 1 || range->blocks > s->table.blocks - next || range->place < 0 ||
        range->place > there - range->blocks) {
      return sp_fail(SP_ERR_CORRUPT, "/ranges: row %" PRId64 " is not valid", i);
    }
    next += range->blocks;
  }
  if (next != s->table.blocks) {
    return sp_fail(SP_ERR_CORRUPT, "/ranges: has %" PRId64 " blocks, expected %" PRId64, next, s->table.blocks);
  }
  return SP_OK;
}

static sp_status get_checksums(hid_t file, sp_snapshot *s) {
  for (int v = 0; v <= s->slots; v++) {
    char name[128];
    int64_t blocks;
    snprintf(name, sizeof name, "/checksums/%s", v == 0 ? "parameters" : s->slot_name[v - 1]);
    SP_TRY(get_rows(file, name, H5T_NATIVE_UINT64, sizeof(uint64_t), &blocks, &s->checksum[v]));
    if (blocks != s->table.blocks)
      return sp_fail(SP_ERR_CORRUPT, "%s: has %" PRId64 " checksums, expected %" PRId64 ", one for each block", name,
                     blocks, s->table.blocks);
  }
  return SP_OK;
}

static sp_status get_arrays(hid_t file, sp_snapshot *s) {
  H5G_info_t group;
  if (H5Gget_info_by_name(file, "/arrays", &group, H5P_DEFAULT) < 0) return sp_hdf5_fail(SP_ERR_CORRUPT, "/arrays");
  if (group.nlinks > SP_STATE_ARRAYS)
    return sp_fail(SP_ERR_CORRUPT, "/arrays: has more than %d arrays", SP_STATE_ARRAYS);
  for (hsize_t i = 0; i < group.nlinks; i++) {
    sp_state_array array = {0};
    char name[128];
    if (H5Lget_name_by_idx(file, "/arrays", H5_INDEX_NAME, H5_ITER_INC, i, array.name, sizeof array.name, H5P_DEFAULT) <
        0) {
      return sp_hdf5_fail(SP_ERR_CORRUPT, "/arrays");
    }
    snprintf(name, sizeof name, "/arrays/%s", array.name);
    SP_TRY(get_rows(file, name, H5T_NATIVE_DOUBLE, sizeof(double), &array.count, &array.value));
    s->array[s->arrays++] = array;
  }
  return SP_OK;
}

static sp_status get_all(hid_t file, sp_snapshot *s) {
  SP_TRY(get_attributes(file, s));
  SP_TRY(get_slots(file, s));
  SP_TRY(get_tensors(file, s));
  SP_TRY(get_parts(file, s));
  SP_TRY(get_ranges(file, s));
  SP_TRY(get_checksums(file, s));
  return get_arrays(file, s);
}

sp_status sp_snapshot_decode(char *image, size_t size, sp_snapshot *out) {
  enum { GROW = 1 << 20 };
  sp_hdf5_lock();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, GROW, 0);
  H5Pset_file_image(access, image, size);
  hid_t file = H5Fopen("state.h5", H5F_ACC_RDONLY, access);
  sp_snapshot snapshot = {0};
  sp_status status = file < 0 ? sp_hdf5_fail(SP_ERR_CORRUPT, "cannot be opened") : get_all(file, &snapshot);
  H5Pclose(access);
  if (file >= 0) H5Fclose(file);
  sp_hdf5_unlock();
  if (status != SP_OK) {
    sp_snapshot_free(&snapshot);
    return sp_context(status, "state.h5");
  }
  *out = snapshot;
  return SP_OK;
}

sp_status sp_snapshot_open(const char *path, sp_snapshot *out) {
  char *image = NULL;
  size_t size;
  SP_TRY(sp_manifest_check(path, &image, &size));
  sp_status status = sp_snapshot_decode(image, size, out);
  free(image);
  return sp_context(status, "checkpoint %s", path);
}
