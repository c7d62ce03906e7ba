// SPDX-License-Identifier: Apache-2.0
// One named data set over several HDF5 files: their rows, one file after the other.
#ifndef SP_DATA_HDF5_SOURCE_H
#define SP_DATA_HDF5_SOURCE_H

#include "config/options.h"
#include "hdf5/hdf5_dataset.h"

typedef struct sp_hdf5_source sp_hdf5_source;

/// Open and check the data set `name` in every file. The shapes of a sample must agree, and all files hold integers or
/// all hold floats; rows are delivered in the narrowest type that holds the values of all.
/// A limited number of files stays open at a time, however many there are.
/// Ownership: copies names. Errors: SP_ERR_DATA, those of sp_hdf5_dataset_open, and two files that do not fit together.
sp_status sp_hdf5_source_open(const sp_strings *files, const char *name, sp_hdf5_source **out);
void sp_hdf5_source_close(sp_hdf5_source *source);  ///< NULL is fine

/// Of all files together: rows, shape of a sample and type. Chunks are those of the first file.
const sp_hdf5_layout *sp_hdf5_source_layout(const sp_hdf5_source *source);

/// Files in order, the rows of each, and the file that holds a row with its number there.
int64_t sp_hdf5_source_files(const sp_hdf5_source *source);
int64_t sp_hdf5_source_file_rows(const sp_hdf5_source *source, int64_t file);
const char *sp_hdf5_source_file(const sp_hdf5_source *source, int64_t row, int64_t *row_in_file);
const char *sp_hdf5_source_name(const sp_hdf5_source *source);

/// Is `path` one of the files, or does the data set of one of them lie there, as sp_hdf5_lies_in tells? A file that
/// cannot be opened any more has nothing elsewhere.
bool sp_hdf5_source_has_file(sp_hdf5_source *source, const char *path);

/// Read rows [first, first + count) in the type of the layout. Large reads go in pieces of about 8 MiB that end where
/// chunks end, so that every chunk is inflated once.
/// Errors: SP_ERR_DATA naming file, data set and rows, with HDF5's reason.
sp_status sp_hdf5_source_read(sp_hdf5_source *source, int64_t first, int64_t count, void *out);

#endif
