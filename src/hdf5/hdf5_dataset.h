// SPDX-License-Identifier: Apache-2.0
// A data set of an HDF5 file, read as rows of numbers.
#ifndef SP_HDF5_HDF5_DATASET_H
#define SP_HDF5_HDF5_DATASET_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/shape.h"
#include "hdf5/hdf5_attributes.h"

/// The layout of a data set: rows in the first dimension, the shape of a sample in the others.
typedef struct sp_hdf5_layout {
  int64_t rows;
  sp_shape sample;     ///< rank 0: one value per row
  sp_dtype dtype;      ///< the native type that represents every stored value exactly
  int64_t chunk_rows;  ///< 0: not chunked
  int64_t band_bytes;  ///< inflated size, in the stored type, of a band: the chunks that hold chunk_rows whole rows
  int64_t band_chunks;
} sp_hdf5_layout;

typedef struct sp_hdf5_dataset {
  hid_t file, id, space;
  int64_t file_bytes;  ///< size of the file when it was opened
  sp_hdf5_missing missing;
  hid_t partial;  ///< for integers that do not fill their bytes, their type in native byte order; else invalid
  sp_hdf5_layout layout;
} sp_hdf5_dataset;

/// Open a data set of integers (1 to 8 bytes, also enumerations) or floats (up to 8 bytes; 16-bit floats are read as
/// float32), in any byte order and layout. The cache of inflated chunks has `cache_bytes` bytes, but at least one band
/// of chunks: HDF5 would inflate a chunk that does not fit on every read.
/// Errors: SP_ERR_DATA naming file, data set, what was found and what was expected. If there is no such name, the
/// message lists the existing ones, the nearest first.
sp_status sp_hdf5_dataset_open(const char *path, const char *name, int64_t cache_bytes, sp_hdf5_dataset *out);
void sp_hdf5_dataset_close(sp_hdf5_dataset *dataset);

/// Read rows [first, first + count) as `dtype`. Errors: SP_ERR_DATA with HDF5's reason, without the name of the data
/// set; also when the file's size has changed since it was opened, because HDF5 silently reads zeros beyond the end of
/// a file.
sp_status sp_hdf5_dataset_read(const sp_hdf5_dataset *dataset, int64_t first, int64_t count, sp_dtype dtype, void *out);

#endif
