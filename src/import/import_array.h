// SPDX-License-Identifier: Apache-2.0
// Formats with one plain array per file, IDX and NPY: from a header to a data set.
#ifndef SP_IMPORT_IMPORT_ARRAY_H
#define SP_IMPORT_IMPORT_ARRAY_H

#include "import/import_format.h"
#include "import/inflated_input.h"

/// The description of an array in a file header.
typedef struct sp_array {
  sp_dtype dtype;  ///< type in the HDF5 file
  sp_shape shape;  ///< the first dimension counts the rows
  bool big_endian;
  bool half;          ///< float16 in the file, converted to float32
  bool column_major;  ///< the first index varies fastest, as in Fortran
} sp_array;

/// Read a header and check every byte of it. Errors: SP_ERR_DATA with file, offset, what was found and what was
/// expected.
typedef sp_status (*sp_array_header)(sp_input *input, sp_array *array);

/// Two files that belong together, and the names of their data sets. A file that is not given is NULL.
typedef struct sp_array_pair {
  const char *rows_name, *rows_file;        ///< images or features
  const char *targets_name, *targets_file;  ///< with the same number of rows
  bool labels;                              ///< the targets must be labels: one integer per row
} sp_array_pair;

/// Import pairs of files, and files given as "NAME=FILE"; at least one file. All headers are read and checked before
/// any values are copied. Errors: SP_ERR_USAGE for an invalid assignment, targets without rows, or no file;
/// SP_ERR_DATA.
sp_status sp_array_import(sp_import *import, const sp_array_pair *pair, int64_t pairs, const sp_strings *assignments,
                          sp_array_header header);

#endif
