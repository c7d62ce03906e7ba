// SPDX-License-Identifier: Apache-2.0
// An HDF5 file that is being made: written beside, filled row by row, and there under its name only when it is whole.
#ifndef SP_HDF5_HDF5_WRITER_H
#define SP_HDF5_HDF5_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/shape.h"
#include "base/text.h"

typedef struct sp_hdf5_writer sp_hdf5_writer;

/// How data sets are laid out. Contiguous and uncompressed unless asked: rows are read fastest, and in any order.
typedef struct sp_hdf5_writer_layout {
  int64_t chunk_rows;  ///< rows of an HDF5 chunk; 0: contiguous, or chunks of about 1 MiB when compressed
  int64_t gzip_level;  ///< 1 to 9; 0: not compressed
} sp_hdf5_writer_layout;

/// Begin a file. It is written as `path`.new-<process>, in a directory that is made when it is missing.
/// Errors: SP_ERR_DATA when there is a file already and it may not be replaced; SP_ERR_IO.
sp_status sp_hdf5_writer_create(const char *path, bool replace, sp_hdf5_writer_layout layout, sp_hdf5_writer **out);

/// Refuse an input that the file is to replace. Errors: SP_ERR_DATA naming both.
sp_status sp_hdf5_writer_check_input(const sp_hdf5_writer *writer, const char *input);

/// Add a data set of `rows` rows, and the groups of its name ("/train/images"). `dataset` is its number, from 0.
/// Errors: SP_ERR_USAGE for a name that cannot be one or is taken; SP_ERR_SPACE when the disk has no room for what has
/// been added so far; SP_ERR_SHAPE; SP_ERR_MEMORY on overflow.
sp_status sp_hdf5_writer_add(sp_hdf5_writer *writer, const char *name, sp_dtype dtype, const sp_shape *sample,
                             int64_t rows, int *dataset);

/// Append rows, (rows, sample) in the data set's own type. Errors: SP_ERR_SPACE, SP_ERR_IO; SP_ERR_DATA for more rows
/// than were announced.
sp_status sp_hdf5_writer_append(sp_hdf5_writer *writer, int dataset, const void *values, int64_t rows);

/// Attributes of a data set, or of the file for SP_HDF5_WRITER_FILE: a text, a list of texts, a list of numbers (UTF-8), an
/// integer.
enum { SP_HDF5_WRITER_FILE = -1 };
sp_status sp_hdf5_writer_text(sp_hdf5_writer *writer, int dataset, const char *name, const char *value);
sp_status sp_hdf5_writer_texts(sp_hdf5_writer *writer, int dataset, const char *name, const char *const *value,
                               int64_t count);
sp_status sp_hdf5_writer_numbers(sp_hdf5_writer *writer, int dataset, const char *name, const double *value,
                                 int64_t count);
sp_status sp_hdf5_writer_integer(sp_hdf5_writer *writer, int dataset, const char *name, int64_t value);

/// Close, sync and rename. The writer is gone afterwards, whatever the outcome; on failure the file is removed.
/// Errors: SP_ERR_DATA when rows are missing; SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_hdf5_writer_commit(sp_hdf5_writer *writer);
/// Give up: close and remove. NULL is fine.
void sp_hdf5_writer_abandon(sp_hdf5_writer *writer);

/// One line a data set: "  /train/images: 60,000 rows of [28, 28], uint8".
void sp_hdf5_writer_describe(const sp_hdf5_writer *writer, sp_text *out);

#endif
