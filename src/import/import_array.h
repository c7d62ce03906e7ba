// SPDX-License-Identifier: Apache-2.0
// Formats that hold one plain array a file, IDX and NPY: from a header to a data set.
#ifndef SP_IMPORT_IMPORT_ARRAY_H
#define SP_IMPORT_IMPORT_ARRAY_H

#include "import/import_format.h"
#include "import/inflated_input.h"

/// What a header says of the array behind it.
typedef struct sp_array {
  sp_dtype dtype;  ///< that it is stored as in HDF5
  sp_shape shape;  ///< rows first
  bool big_endian;
  bool half;          ///< float16 in the file; becomes float32
  bool column_major;  ///< first index fastest, as Fortran does
} sp_array;

/// Read a header and check each byte of it. Errors: SP_ERR_DATA with file, offset, found, expected.
typedef sp_status (*sp_array_header)(sp_input *input, sp_array *array);

/// Two files that belong together, and the data sets they become. NULL for a file that is not given.
typedef struct sp_array_pair {
  const char *rows_name, *rows_file;        ///< images or features
  const char *targets_name, *targets_file;  ///< as many rows
  bool labels;                              ///< the targets must be labels: one integer a row
} sp_array_pair;

/// Import pairs, and files named as "NAME=FILE"; at least one file. All headers are read and checked before anything is
/// copied. Errors: SP_ERR_USAGE for an assignment that is none, targets without rows, or no file at all; SP_ERR_DATA.
sp_status sp_array_import(sp_import *import, const sp_array_pair *pair, int64_t pairs, const sp_strings *assignments,
                          sp_array_header header);

#endif
