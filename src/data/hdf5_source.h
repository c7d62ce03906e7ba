// SPDX-License-Identifier: Apache-2.0
// One named data set in several HDF5 files, whose rows follow each other.
#ifndef SP_DATA_HDF5_SOURCE_H
#define SP_DATA_HDF5_SOURCE_H

#include "config/options.h"
#include "hdf5/hdf5_dataset.h"

typedef struct sp_hdf5_source sp_hdf5_source;

/// Open and check the data set `name` in every file. The shapes of a sample must be the same, and either all files
/// contain integers or all contain floats; rows are delivered in the narrowest type that holds the values of all files.
/// The number of files that are open at a time is limited.
/// Ownership: copies the names. Errors: SP_ERR_DATA for two files that do not match, and those of sp_hdf5_dataset_open.
sp_status sp_hdf5_source_open(const sp_strings *files, const char *name, sp_hdf5_source **out);
void sp_hdf5_source_close(sp_hdf5_source *source);  ///< NULL is allowed

/// Returns the rows of all files together, the shape of a sample, and the type. The chunks are those of the first file.
const sp_hdf5_layout *sp_hdf5_source_layout(const sp_hdf5_source *source);

/// Returns the number of files.
int64_t sp_hdf5_source_files(const sp_hdf5_source *source);
/// Returns the rows of a file.
int64_t sp_hdf5_source_file_rows(const sp_hdf5_source *source, int64_t file);
/// Returns the file that contains a row, and the number of the row in that file.
const char *sp_hdf5_source_file(const sp_hdf5_source *source, int64_t row, int64_t *row_in_file);
const char *sp_hdf5_source_name(const sp_hdf5_source *source);

/// Is `path` one of the files, or does it contain values of one of them, as sp_hdf5_lies_in determines? A file that
/// cannot be opened any more counts as having no values elsewhere.
bool sp_hdf5_source_has_file(sp_hdf5_source *source, const char *path);

/// Read rows [first, first + count) in the type of the layout. Large reads are split into pieces of about 8 MiB that
/// end at chunk boundaries, so that every chunk is inflated once.
/// Errors: SP_ERR_DATA naming file, data set and rows, with the reason given by HDF5.
sp_status sp_hdf5_source_read(sp_hdf5_source *source, int64_t first, int64_t count, void *out);

#endif
