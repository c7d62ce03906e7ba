// One data set of one HDF5 file, read as rows of numbers.
#ifndef SP_HDF5_HDF5_DATASET_H
#define SP_HDF5_HDF5_DATASET_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/shape.h"
#include "hdf5/hdf5_attributes.h"

/// What a data set holds: rows in the first dimension, the shape of a sample in the others.
typedef struct sp_hdf5_layout {
  int64_t rows;
  sp_shape sample;     ///< rank 0: one value a row
  sp_dtype dtype;      ///< the native type that holds every stored value exactly
  int64_t chunk_rows;  ///< 0: not chunked
  int64_t band_bytes;  ///< of the chunks that make up chunk_rows whole rows, inflated, in the stored type
  int64_t band_chunks;
} sp_hdf5_layout;

typedef struct sp_hdf5_dataset {
  hid_t file, id, space;
  int64_t file_bytes;  ///< when it was opened
  sp_hdf5_missing missing;
  hid_t partial;  ///< integers that do not fill their bytes: their type in this machine's byte order; else invalid
  sp_hdf5_layout layout;
} sp_hdf5_dataset;

/// Open a data set of integers (1 to 8 bytes, enumerations too) or floats (up to 8 bytes; 16-bit ones are read as
/// float32), in any byte order and layout. Its cache of inflated chunks holds `cache_bytes`, and never less than one
/// band of chunks: HDF5 would inflate a chunk that does not fit at every read.
/// Errors: SP_ERR_DATA naming file, data set, what was found and expected. A name that is not there is answered with
/// those that are, the nearest first.
sp_status sp_hdf5_dataset_open(const char *path, const char *name, int64_t cache_bytes, sp_hdf5_dataset *out);
void sp_hdf5_dataset_close(sp_hdf5_dataset *dataset);

/// Read rows [first, first + count) as `dtype`. Errors: SP_ERR_DATA with HDF5's reason, naming nothing, also when the
/// file's size has changed since it was opened: behind the end of a file HDF5 reads zeros without a word.
sp_status sp_hdf5_dataset_read(const sp_hdf5_dataset *dataset, int64_t first, int64_t count, sp_dtype dtype,
                               void *out);

/// Check that everything which the open data set `id` of the file at `path` refers to is there: the parts of a virtual
/// data set, with their parts, and external raw files. HDF5 would read fill values or zeros for what is missing.
/// Asks nothing of `id` that makes HDF5 follow a virtual data set which refers to itself: it would not come back.
/// Errors: SP_ERR_DATA naming the part and who refers to it; a virtual data set that refers to itself, with the circle,
/// or whose parts leave rows out; a data set that has no values because none were ever written.
sp_status sp_hdf5_check_parts(const char *path, const char *name, hid_t id);

/// Does the data set `id` of the file at `path` lie in the file `other`, whatever that is called: behind an external
/// link, as a part of a virtual data set, or as an external raw file? Parts of parts do not count.
bool sp_hdf5_lies_in(const char *path, hid_t id, const char *other);

/// Why nothing can be opened under the name: a link on the way that leads nowhere, with what it leads to, or "path: name:
/// no such data set; the file has …" with the nearest name first. Call it right after the call that failed.
sp_status sp_hdf5_fail_link(const char *path, const char *name, hid_t file);

/// What a soft or external link leads to and what is missing there, "is a soft link to /x, which leads nowhere: …", without
/// the path and the name of the link. SP_OK: it leads somewhere, or is of another kind.
sp_status sp_hdf5_explain_link(const char *path, const char *name, hid_t file);

#endif
