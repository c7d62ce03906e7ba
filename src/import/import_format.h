// SPDX-License-Identifier: Apache-2.0
// The formats that `shardprop import` reads: a registry, each with its options, and how one of them is run.
//
// To add a format: write import_NAME.c with its option table and its run function, and add a line to
// import_format_list.h. Its command line and its help follow from the table.
#ifndef SP_IMPORT_IMPORT_FORMAT_H
#define SP_IMPORT_IMPORT_FORMAT_H

#include "base/meter.h"
#include "config/options.h"
#include "hdf5/hdf5_writer.h"

/// What a format's run function works with: it fills the writer and reports to progress; the rest is done around it.
typedef struct sp_import {
  sp_hdf5_writer *writer;
  sp_meter progress;
} sp_import;

typedef struct sp_import_format {
  sp_variant variant;
  const char *usage;    ///< what a command line must say
  const char *details;  ///< for help: what is read and what is made of it
  const char *example;  ///< a command line
  /// Errors: SP_ERR_USAGE for options that do not fit together or the file, SP_ERR_DATA for a file that is not right.
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
  int64_t chunk;  ///< rows; 0 and SP_AUTO: the writer's choice
  int64_t gzip;
} sp_import_output;

extern const sp_option sp_import_output_options[];

/// Import into a new HDF5 file, which is there only when all went well.
///   command  recorded in the file as attribute `command`; NULL for none
/// Collective: no. Errors: of the format and of the writer.
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
  sp_strings target, features, drop;        ///< columns: a name, a number from 1, a range 2-5, or several with commas
  sp_strings categorical;                   ///< columns, with "=codes" or "=one-hot" behind
  const char *split;                        ///< column
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
