// SPDX-License-Identifier: Apache-2.0
// The formats that `shardprop import` reads: a registry of formats with their options, and the execution of an import.
//
// To add a format: write import_NAME.c with its option table and its run function, and add a line to
// import_format_list.h. The command line and the help are generated from the table.
#ifndef SP_IMPORT_IMPORT_FORMAT_H
#define SP_IMPORT_IMPORT_FORMAT_H

#include "base/meter.h"
#include "config/options.h"
#include "hdf5/hdf5_writer.h"

/// The environment of a format's run function, which fills the writer and reports to `progress`.
typedef struct sp_import {
  sp_hdf5_writer *writer;
  sp_meter progress;
} sp_import;

typedef struct sp_import_format {
  sp_variant variant;
  const char *usage;    ///< required part of the command line
  const char *details;  ///< for help: the input and the output
  const char *example;  ///< an example of a command line
  /// Import the data. Errors: SP_ERR_USAGE for options that contradict each other or the file; SP_ERR_DATA for an
  /// invalid file.
  sp_status (*run)(const void *options, sp_import *import);
} sp_import_format;

#define SP_IMPORT_FORMAT(name) extern const sp_import_format sp_import_##name;
#include "import/import_format_list.h"
#undef SP_IMPORT_FORMAT

/// NULL-terminated; an entry is an sp_import_format.
extern const sp_variant *const sp_import_formats[];

/// The options that all formats share.
typedef struct sp_import_output {
  const char *output;
  bool force;
  int64_t chunk;  ///< rows per chunk; 0 and SP_AUTO: chosen by the writer
  int64_t gzip;
} sp_import_output;

extern const sp_option sp_import_output_options[];

/// Import into a new HDF5 file, which appears only after the import has succeeded.
///   command  recorded in the file as attribute `command`; NULL for none
/// Collective: no. Errors: those of the format and of the writer.
sp_status sp_import_run(const sp_import_format *format, const void *options, const sp_import_output *output,
                        const char *command);

// --- options of each format ---------------------------------------------------------------------------------------

typedef struct sp_import_idx_options {
  const char *train_images, *train_labels, *test_images, *test_labels;
  sp_strings dataset;  ///< "NAME=FILE"
} sp_import_idx_options;

typedef struct sp_import_npy_options {
  const char *features, *targets, *test_features, *test_targets;
  sp_strings dataset;  ///< "NAME=FILE"
} sp_import_npy_options;

typedef enum sp_csv_missing { SP_CSV_MISSING_ERROR, SP_CSV_MISSING_NAN, SP_CSV_MISSING_DROP_ROW } sp_csv_missing;
typedef enum sp_csv_decimal { SP_CSV_DECIMAL_POINT, SP_CSV_DECIMAL_COMMA } sp_csv_decimal;
typedef enum sp_csv_dtype { SP_CSV_FLOAT32, SP_CSV_FLOAT64 } sp_csv_dtype;

typedef struct sp_import_csv_options {
  const char *file;
  sp_strings target, features,
      drop;                ///< columns: a name, a number from 1, a range 2-5, or several, separated by commas
  sp_strings categorical;  ///< columns, optionally followed by "=codes" or "=one-hot"
  const char *split;       ///< column
  const char *separator, *quote, *comment;  ///< one character each; NULL: ,  "  none
  int decimal;                              ///< sp_csv_decimal
  bool no_header, class_target;
  int64_t first_class;        ///< the label that becomes class 0
  sp_strings missing_values;  ///< "marker,marker" or "columns=marker"
  int missing;                ///< sp_csv_missing
  int dtype;                  ///< sp_csv_dtype
} sp_import_csv_options;

typedef struct sp_import_synthetic_options {
  int64_t rows, test_rows, features;
  int64_t classes;  ///< 0 and SP_AUTO: not a classification
  bool regression;
  double noise;
  int64_t seed;
} sp_import_synthetic_options;

#endif
