// SPDX-License-Identifier: Apache-2.0
// A data set of an HDF5 file, read as rows of numbers.
#include "hdf5/hdf5_dataset.h"

#include <sys/stat.h>

#include "base/memory.h"
#include "hdf5/hdf5_file.h"
#include "hdf5/hdf5_links.h"
#include "hdf5/hdf5_parts.h"
#include "hdf5/hdf5_type.h"

/// HDF5 1.10 converts big-endian to native integers by swapping bytes, even when a 12-bit sign must be extended. Such
/// integers are swapped first and extended in a second step.
static hid_t partial_type(hid_t id) {
  hid_t type = H5Dget_type(id);
  if (H5Tget_class(type) == H5T_INTEGER && H5Tget_precision(type) < 8 * H5Tget_size(type)) {
    hid_t partial = H5Tcopy(type);
    H5Tset_order(partial, H5Tget_order(H5T_NATIVE_INT));
    H5Tclose(type);
    return partial;
  }
  H5Tclose(type);
  return H5I_INVALID_HID;
}

// --- shape and layout ---------------------------------------------------------------------------------------------

/// Read the number of rows and the shape of a sample. `extent` receives all dimensions.
static sp_status examine_space(const char *path, const char *name, hid_t id, hsize_t *extent, sp_hdf5_layout *layout) {
  hid_t space = H5Dget_space(id);
  int rank = H5Sget_simple_extent_ndims(space);
  H5S_class_t class = H5Sget_simple_extent_type(space);
  if (class == H5S_SIMPLE && rank <= SP_MAX_RANK + 1) H5Sget_simple_extent_dims(space, extent, NULL);
  H5Sclose(space);
  if (class != H5S_SIMPLE) {
    return sp_fail(SP_ERR_DATA, "%s: %s: is %s, expected rows in the first dimension", path, name,
                   class == H5S_NULL ? "empty (a null data space)" : "a single value");
  }
  if (rank > SP_MAX_RANK + 1) {
    return sp_fail(SP_ERR_DATA, "%s: %s: has %d dimensions, expected at most %d", path, name, rank, SP_MAX_RANK + 1);
  }
  layout->rows = (int64_t)extent[0];
  layout->sample.rank = rank - 1;
  for (int i = 1; i < rank; i++) layout->sample.extent[i - 1] = (int64_t)extent[i];
  if (layout->rows == 0) return sp_fail(SP_ERR_DATA, "%s: %s: has no rows, expected at least one", path, name);
  int64_t values, bytes;
  sp_status status = sp_shape_count(&layout->sample, &values);
  if (status != SP_OK) return sp_context(SP_ERR_DATA, "%s: %s", path, name);
  if (!sp_multiply_size(values, (int64_t)sp_dtype_size(layout->dtype), &bytes) ||
      !sp_multiply_size(bytes, layout->rows, &bytes)) {
    return sp_fail(SP_ERR_DATA, "%s: %s: has more values than can be addressed", path, name);
  }
  return SP_OK;
}

/// Determine the rows of a chunk, and the number and size of the chunks that hold these rows.
static sp_status examine_chunks(const char *path, const char *name, hid_t id, const hsize_t *extent,
                                sp_hdf5_layout *layout) {
  hsize_t chunk[SP_MAX_RANK + 1];
  hid_t properties = H5Dget_create_plist(id);
  bool chunked = H5Pget_layout(properties) == H5D_CHUNKED;
  if (chunked) H5Pget_chunk(properties, SP_MAX_RANK + 1, chunk);
  H5Pclose(properties);
  if (!chunked) return SP_OK;
  hid_t type = H5Dget_type(id);
  int64_t bytes = (int64_t)H5Tget_size(type), chunks = 1;
  H5Tclose(type);
  bool fits = true;
  for (int i = 0; i <= layout->sample.rank; i++) {
    int64_t across = i == 0 ? 1 : (int64_t)((extent[i] - 1) / chunk[i] + 1);
    fits = fits && sp_multiply_size(bytes, (int64_t)chunk[i], &bytes) && sp_multiply_size(bytes, across, &bytes) &&
           sp_multiply_size(chunks, across, &chunks);
  }
  if (!fits) return sp_fail(SP_ERR_DATA, "%s: %s: has chunks larger than can be addressed", path, name);
  layout->chunk_rows = (int64_t)chunk[0];
  layout->band_bytes = bytes;
  layout->band_chunks = chunks;
  return SP_OK;
}

static bool has_layout(hid_t id, H5D_layout_t layout) {
  hid_t properties = H5Dget_create_plist(id);
  bool has = properties >= 0 && H5Pget_layout(properties) == layout;
  if (properties >= 0) H5Pclose(properties);
  return has;
}

static sp_status examine(const char *path, const char *name, hid_t id, sp_hdf5_layout *out, sp_hdf5_missing *missing) {
  hsize_t extent[SP_MAX_RANK + 1];
  sp_hdf5_layout layout = {0};
  SP_TRY(sp_hdf5_examine_type(path, name, id, &layout.dtype));
  bool is_virtual = has_layout(id, H5D_VIRTUAL);
  if (is_virtual) SP_TRY(sp_hdf5_check_parts(path, name, id, missing));  // HDF5 follows them to determine the shape
  SP_TRY(examine_space(path, name, id, extent, &layout));
  SP_TRY(examine_chunks(path, name, id, extent, &layout));
  if (!is_virtual) SP_TRY(sp_hdf5_check_parts(path, name, id, missing));
  *out = layout;
  return SP_OK;
}

// --- opening ------------------------------------------------------------------------------------------------------

/// Check the object with this name, and close it again: the first open handle of a data set determines its chunk cache.
static sp_status examine_object(const char *path, const char *name, hid_t file, sp_hdf5_dataset *out) {
  hid_t object = sp_hdf5_object_open(file, name);
  if (object < 0) return sp_hdf5_fail_link(path, name, file);
  H5I_type_t kind = H5Iget_type(object);
  sp_hdf5_missing missing, of_parts = {0};
  sp_status status = kind == H5I_DATASET ? examine(path, name, object, &out->layout, &of_parts)
                                         : sp_fail(SP_ERR_DATA, "%s: %s: is a %s, expected a data set", path, name,
                                                   kind == H5I_GROUP ? "group" : "named type");
  if (status == SP_OK) status = sp_hdf5_check_attributes(path, name, object, out->layout.dtype, &missing);
  if (status == SP_OK) status = sp_context(sp_hdf5_add_missing(&missing, &of_parts), "%s: %s", path, name);
  if (status == SP_OK) out->missing = missing;
  H5Oclose(object);
  return status;
}

static int64_t next_prime(int64_t n) {
  for (;; n++) {
    bool prime = true;
    for (int64_t d = 2; prime && d * d <= n; d++) prime = n % d != 0;
    if (prime) return n;
  }
}

static hid_t chunk_cache(const sp_hdf5_layout *layout, int64_t bytes) {
  hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
  if (layout->chunk_rows == 0) return access;
  if (bytes < layout->band_bytes) bytes = layout->band_bytes;
  // Two chunks of one slot evict each other, so there are about ten slots for every chunk that fits.
  int64_t fitting = bytes / (layout->band_bytes / layout->band_chunks) + 1;
  int64_t slots = next_prime(10 * (fitting < 100000 ? fitting : 100000));
  H5Pset_chunk_cache(access, (size_t)slots, (size_t)bytes, H5D_CHUNK_CACHE_W0_DEFAULT);
  return access;
}

/// Returns -1 if unknown.
static int64_t file_bytes(hid_t file) {
  void *handle;
  struct stat about;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || fstat(*(int *)handle, &about) != 0) return -1;
  return (int64_t)about.st_size;
}

sp_status sp_hdf5_dataset_open(const char *path, const char *name, int64_t cache_bytes, sp_hdf5_dataset *out) {
  sp_hdf5_dataset dataset = {0};
  SP_TRY(sp_hdf5_file_open(path, &dataset.file));
  sp_status status = examine_object(path, name, dataset.file, &dataset);
  if (status == SP_OK) {
    hid_t access = chunk_cache(&dataset.layout, cache_bytes);
    dataset.id = H5Dopen2(dataset.file, name, access);
    if (dataset.id < 0) status = sp_hdf5_fail(SP_ERR_DATA, "%s: %s: cannot be opened", path, name);
    H5Pclose(access);
  }
  if (status != SP_OK) {
    H5Fclose(dataset.file);
    return status;
  }
  dataset.file_bytes = file_bytes(dataset.file);
  dataset.space = H5Dget_space(dataset.id);
  dataset.partial = partial_type(dataset.id);
  *out = dataset;
  return SP_OK;
}

void sp_hdf5_dataset_close(sp_hdf5_dataset *dataset) {
  if (dataset->partial >= 0) H5Tclose(dataset->partial);
  H5Sclose(dataset->space);
  H5Dclose(dataset->id);
  H5Fclose(dataset->file);
}

// --- reading ------------------------------------------------------------------------------------------------------

/// Report a failed read. For a missing filter, HDF5 only reports how its search for the filter failed.
static sp_status fail_reading(hid_t id) {
  sp_status status = sp_hdf5_fail(SP_ERR_DATA, "cannot be read");
  hid_t properties = H5Dget_create_plist(id);
  for (int i = 0; i < H5Pget_nfilters(properties); i++) {
    char filter[64] = "";
    size_t values = 0;
    unsigned flags;
    H5Z_filter_t number = H5Pget_filter2(properties, (unsigned)i, &flags, &values, NULL, sizeof filter, filter, NULL);
    if (H5Zfilter_avail(number) > 0) continue;
    status = sp_fail(SP_ERR_DATA,
                     "cannot be read: stored with filter %d (%s), which this HDF5 does not have (add its plug-in to "
                     "HDF5_PLUGIN_PATH, or store the data with gzip, which every HDF5 can read)",
                     (int)number, filter);
  }
  H5Pclose(properties);
  return status;
}

sp_status sp_hdf5_dataset_read(const sp_hdf5_dataset *dataset, int64_t first, int64_t count, sp_dtype dtype,
                               void *out) {
  const sp_shape *sample = &dataset->layout.sample;
  hsize_t start[SP_MAX_RANK + 1] = {(hsize_t)first}, extent[SP_MAX_RANK + 1] = {(hsize_t)count};
  for (int i = 0; i < sample->rank; i++) extent[i + 1] = (hsize_t)sample->extent[i];
  H5Sselect_hyperslab(dataset->space, H5S_SELECT_SET, start, NULL, extent, NULL);
  hid_t memory = H5Screate_simple(sample->rank + 1, extent, NULL), type = sp_hdf5_native_type(dtype);
  bool partial = dataset->partial >= 0;
  herr_t failed = H5Dread(dataset->id, partial ? dataset->partial : type, memory, dataset->space, H5P_DEFAULT, out);
  if (failed >= 0 && partial) {
    failed = H5Tconvert(dataset->partial, type, (size_t)(count * sp_shape_size(sample)), out, NULL, H5P_DEFAULT);
  }
  sp_status status = failed < 0 ? fail_reading(dataset->id) : SP_OK;
  int64_t bytes = file_bytes(dataset->file);
  if (status == SP_OK && bytes != dataset->file_bytes) {
    status = sp_fail(SP_ERR_DATA, "has changed while it was in use: %lld bytes, expected %lld", (long long)bytes,
                     (long long)dataset->file_bytes);
  }
  H5Sclose(memory);
  return status;
}
