// SPDX-License-Identifier: Apache-2.0
// An HDF5 file that is being written row by row under a temporary name, and renamed when it is complete.
#ifndef SP_HDF5_HDF5_WRITER_H
#define SP_HDF5_HDF5_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/shape.h"
#include "base/text.h"

typedef struct sp_hdf5_writer sp_hdf5_writer;

/// The layout of data sets. The default, contiguous and uncompressed, is fastest to read, in any order of rows.
typedef struct sp_hdf5_writer_layout {
  int64_t chunk_rows;  ///< rows of an HDF5 chunk; 0: contiguous, or chunks of about 1 MiB when compressed
  int64_t gzip_level;  ///< 1 to 9; 0: not compressed
} sp_hdf5_writer_layout;

/// Begin a file. It is written as `path`.new-<process>; its directory is created if it is missing.
/// Errors: SP_ERR_DATA when the file exists and `replace` is false; SP_ERR_IO.
sp_status sp_hdf5_writer_create(const char *path, bool replace, sp_hdf5_writer_layout layout, sp_hdf5_writer **out);

/// Refuse an input that the file would replace. Errors: SP_ERR_DATA naming both.
sp_status sp_hdf5_writer_check_input(const sp_hdf5_writer *writer, const char *input);

/// Add a data set of `rows` rows, and the groups of its name ("/train/images"). Sets *dataset to its number, from 0.
/// Errors: SP_ERR_USAGE for a name that is invalid or in use; SP_ERR_SPACE when the disk has no space for the data sets
/// added so far; SP_ERR_SHAPE; SP_ERR_MEMORY on overflow.
sp_status sp_hdf5_writer_add(sp_hdf5_writer *writer, const char *name, sp_dtype dtype, const sp_shape *sample,
                             int64_t rows, int *dataset);

/// Append `values`, (rows, sample) in the type of the data set. Errors: SP_ERR_SPACE, SP_ERR_IO; SP_ERR_DATA for more
/// rows than were declared.
sp_status sp_hdf5_writer_append(sp_hdf5_writer *writer, int dataset, const void *values, int64_t rows);

/// Write an attribute of a data set, or of the file for SP_HDF5_WRITER_FILE: a text (UTF-8), a list of texts, a list of
/// numbers, or an integer.
enum { SP_HDF5_WRITER_FILE = -1 };
sp_status sp_hdf5_writer_text(sp_hdf5_writer *writer, int dataset, const char *name, const char *value);
sp_status sp_hdf5_writer_texts(sp_hdf5_writer *writer, int dataset, const char *name, const char *const *value,
                               int64_t count);
sp_status sp_hdf5_writer_numbers(sp_hdf5_writer *writer, int dataset, const char *name, const double *value,
                                 int64_t count);
sp_status sp_hdf5_writer_integer(sp_hdf5_writer *writer, int dataset, const char *name, int64_t value);

/// Close, sync and rename the file. Frees the writer in any case; on failure the file is removed.
/// Errors: SP_ERR_DATA when rows are missing; SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_hdf5_writer_commit(sp_hdf5_writer *writer);
/// Close and remove the file, and free the writer. NULL is fine.
void sp_hdf5_writer_abandon(sp_hdf5_writer *writer);

/// Append one line per data set: "  /train/images: 60,000 rows of [28, 28], uint8".
void sp_hdf5_writer_describe(const sp_hdf5_writer *writer, sp_text *out);

#endif
