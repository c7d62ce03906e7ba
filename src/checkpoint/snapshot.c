// SPDX-License-Identifier: Apache-2.0
// Code that the writer and the reader of state.h5 share.
#include "checkpoint/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "compute/compute.h"

#define INTEGER(member) \
  { #member, false, offsetof(sp_progress, member), 1 }
#define REAL(member) \
  { #member, true, offsetof(sp_progress, member), 1 }

const sp_progress_field sp_progress_fields[] = {
    INTEGER(step),
    INTEGER(epoch),
    INTEGER(epoch_step),
    INTEGER(rows_seen),
    {"epoch_sums", true, offsetof(sp_progress, epoch_sums), SP_STATE_SUMS},
    REAL(epoch_rows),
    REAL(best_value),
    INTEGER(best_step),
    INTEGER(epochs_since_best),
    REAL(seconds),
    REAL(validation_loss),
    REAL(plateau_best),
    INTEGER(plateau_bad),
    INTEGER(plateau_cooldown),
    INTEGER(plateau_reductions),
    {"skipped", false, offsetof(sp_progress, skipped), SP_STATE_SKIPPED},
    {0},
};

static void insert(hid_t compound, const char *name, size_t offset, hid_t type) {
  H5Tinsert(compound, name, offset, type);
}

static void insert_text(hid_t compound, const char *name, size_t offset, size_t size) {
  hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, size);
  insert(compound, name, offset, text);
  H5Tclose(text);
}

static void insert_array(hid_t compound, const char *name, size_t offset, hsize_t count) {
  hid_t array = H5Tarray_create2(H5T_NATIVE_INT64, 1, &count);
  insert(compound, name, offset, array);
  H5Tclose(array);
}

hid_t sp_snapshot_tensor_type(void) {
  hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(sp_tensor));
  insert_text(type, "name", HOFFSET(sp_tensor, name), sizeof((sp_tensor *)0)->name);
  insert(type, "statistic", HOFFSET(sp_tensor, kind), H5T_NATIVE_INT);
  insert(type, "rank", HOFFSET(sp_tensor, shape.rank), H5T_NATIVE_INT);
  insert_array(type, "shape", HOFFSET(sp_tensor, shape.extent), SP_MAX_RANK);
  insert(type, "offset", HOFFSET(sp_tensor, offset), H5T_NATIVE_INT64);
  insert(type, "count", HOFFSET(sp_tensor, count), H5T_NATIVE_INT64);
  return type;
}

hid_t sp_snapshot_slot_type(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, SP_SLOT_NAME);
  return type;
}

hid_t sp_snapshot_part_type(void) {
  hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(sp_part));
  insert_text(type, "file", HOFFSET(sp_part, file), SP_PART_NAME);
  insert(type, "blocks", HOFFSET(sp_part, blocks), H5T_NATIVE_INT64);
  insert_array(type, "offset", HOFFSET(sp_part, offset), SP_STATE_VECTORS);
  insert(type, "frame_checksum", HOFFSET(sp_part, frame), H5T_NATIVE_UINT64);
  return type;
}

hid_t sp_snapshot_range_type(void) {
  hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(sp_block_range));
  insert(type, "part", HOFFSET(sp_block_range, part), H5T_NATIVE_INT64);
  insert(type, "first_block", HOFFSET(sp_block_range, first), H5T_NATIVE_INT64);
  insert(type, "blocks", HOFFSET(sp_block_range, blocks), H5T_NATIVE_INT64);
  insert(type, "place", HOFFSET(sp_block_range, place), H5T_NATIVE_INT64);
  return type;
}

void sp_snapshot_versions(char buffer[256]) {
  unsigned major, minor, release;
  char compute[128];
  H5get_libversion(&major, &minor, &release);
  snprintf(buffer, 256, "shardprop %s, HDF5 %u.%u.%u, %s", SP_VERSION, major, minor, release,
           sp_compute_version(compute));
}

void sp_snapshot_free(sp_snapshot *snapshot) {
  free(snapshot->config);
  free(snapshot->versions);
  free(snapshot->tensor);
  free(snapshot->layout.part);
  free(snapshot->layout.range);
  for (int v = 0; v < SP_STATE_VECTORS; v++) free(snapshot->checksum[v]);
  for (int i = 0; i < snapshot->arrays; i++) free(snapshot->array[i].value);
  *snapshot = (sp_snapshot){0};
}
