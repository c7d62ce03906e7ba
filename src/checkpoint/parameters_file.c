// SPDX-License-Identifier: Apache-2.0
// Initial parameters from a file.
#include "checkpoint/parameters_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_verify.h"
#include "checkpoint/gather_parameters.h"
#include "checkpoint/run_state.h"
#include "compute/elementwise.h"
#include "hdf5/hdf5_file.h"

/// Find the HDF5 file that `path` refers to. For a checkpoint this is state.h5, after all of the checkpoint is
/// verified.
static sp_status find_file(const char *path, char *file) {
  struct stat about;
  const char *slash = strrchr(path, '/');
  bool directory = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
  if (!directory && strcmp(slash ? slash + 1 : path, "state.h5") != 0) {
    if (snprintf(file, PATH_MAX, "%s", path) >= PATH_MAX) return sp_fail(SP_ERR_DATA, "%s: the name is too long", path);
    return SP_OK;
  }
  char checkpoint[PATH_MAX];
  SP_TRY(sp_checkpoint_find(path, checkpoint));
  SP_TRY(sp_checkpoint_verify(checkpoint));
  if (snprintf(file, PATH_MAX, "%s/state.h5", checkpoint) >= PATH_MAX) {
    return sp_fail(SP_ERR_DATA, "%s: the name is too long", checkpoint);
  }
  return SP_OK;
}

/// Open the data set of a tensor. On a mismatch, append its description to `wrong` and return -1. A scalar may have the
/// shape [1].
static hid_t open_tensor(hid_t file, const sp_tensor *tensor, sp_text *wrong) {
  char name[128], expected[200], found_text[200];
  snprintf(name, sizeof name, "/parameters/%s", tensor->name);
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  if (set < 0) {
    sp_text_add(wrong, "; %s is missing", name);
    return -1;
  }
  hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  H5T_class_t class = H5Tget_class(type);
  hsize_t extent[H5S_MAX_RANK];
  int rank = H5Sget_simple_extent_dims(space, extent, NULL);
  sp_shape found = {.rank = rank <= SP_MAX_RANK ? rank : -1};
  for (int i = 0; i < found.rank; i++) found.extent[i] = (int64_t)extent[i];
  bool scalar = tensor->shape.rank == 0 && H5Sget_simple_extent_npoints(space) == 1;
  bool fits = scalar || sp_shape_equal(&found, &tensor->shape);
  if (!fits) {
    sp_text_add(wrong, "; %s has shape %s, expected %s", name, sp_shape_text(&found, found_text),
                sp_shape_text(&tensor->shape, expected));
  } else if (class != H5T_FLOAT && class != H5T_INTEGER) {
    sp_text_add(wrong, "; %s contains neither integers nor floats", name);
    fits = false;
  }
  H5Sclose(space);
  H5Tclose(type);
  if (fits) return set;
  H5Dclose(set);
  return -1;
}

static sp_status read_tensors(hid_t file, const char *path, const sp_parameter_table *table, sp_dtype precision,
                              char *parameters) {
  sp_text wrong = {0};
  sp_status status = SP_OK;
  for (int64_t i = 0; i < table->tensors && status == SP_OK; i++) {
    const sp_tensor *tensor = &table->tensor[i];
    hid_t set = open_tensor(file, tensor, &wrong);
    if (set < 0) continue;
    hid_t type = precision == SP_FLOAT32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    char *values = parameters + (size_t)tensor->offset * sp_dtype_size(precision);
    if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
      status = sp_hdf5_fail(SP_ERR_DATA, "%s: /parameters/%s: cannot be read", path, tensor->name);
    } else if (!sp_all_finite(precision, tensor->count, values)) {
      status = sp_fail(SP_ERR_DATA, "%s: /parameters/%s: contains a value that is not finite", path, tensor->name);
    }
    H5Dclose(set);
  }
  if (status == SP_OK && wrong.size > 0) {
    status = sp_fail(SP_ERR_DATA, "%s: does not match the model%s", path, wrong.data);
  }
  sp_text_free(&wrong);
  return status;
}

/// Read the parameters on rank 0 into separate memory, so that the caller's memory stays unchanged on failure.
static sp_status read_vector(const char *path, const sp_parameter_table *table, sp_dtype precision, void **out) {
  char name[PATH_MAX];
  hid_t file;
  void *vector;
  SP_TRY(find_file(path, name));
  SP_TRY(sp_hdf5_file_open(name, &file));
  sp_status status = sp_allocate(sp_parameter_values(table), sp_dtype_size(precision), "parameters", &vector);
  if (status == SP_OK) {
    status = read_tensors(file, path, table, precision, vector);
    if (status != SP_OK) free(vector);
    if (status == SP_OK) *out = vector;
  }
  H5Fclose(file);
  return status;
}

sp_status sp_parameters_read(const sp_comm *comm, const char *path, const sp_parameter_table *table, sp_dtype precision,
                             void *parameters, bool shared) {
  void *vector = NULL;
  size_t bytes = (size_t)sp_parameter_values(table) * sp_dtype_size(precision);
  SP_TRY(sp_comm_agree(comm, comm->rank == 0 ? read_vector(path, table, precision, &vector) : SP_OK));
  if (comm->rank == 0 && bytes > 0) memcpy(parameters, vector, bytes);
  free(vector);
  MPI_Comm fillers = sp_copies_open(comm, shared);
  if (fillers != MPI_COMM_NULL) {
    MPI_Datatype block;  // counted in blocks, so that the count fits into int
    MPI_Type_contiguous((int)(SP_BLOCK * sp_dtype_size(precision)), MPI_BYTE, &block);
    MPI_Type_commit(&block);
    MPI_Bcast(parameters, (int)table->blocks, block, 0, fillers);
    MPI_Type_free(&block);
  }
  sp_copies_close(comm, shared, fillers);
  return SP_OK;
}
