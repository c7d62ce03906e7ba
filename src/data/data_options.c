// SPDX-License-Identifier: Apache-2.0
// The option tables of the section `data`.
#include "data/data_options.h"

#include "data/transforms.h"

static const sp_option column_fields[] = {
    {"from", SP_OPTION_STRING, offsetof(sp_column_options, from),
     .help = "HDF5 data set of the column, such as /train/weights; its first dimension counts the rows"},
    {"file", SP_OPTION_STRINGS, offsetof(sp_column_options, file), .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE,
     .help = "HDF5 file, glob pattern, or a list of these, if the column is not in the files of the other columns; all "
             "columns must have the same number of rows in total"},
    {0}};

static const sp_option column_entry[] = {
    {"NAME", SP_OPTION_SECTION, offsetof(sp_column_entry, column), .flags = SP_OPTION_SHORT, .fields = column_fields,
     .fields_size = sizeof(sp_column_options), .help = "a column: the name of its HDF5 data set, or these options"},
    {0}};

static const sp_option transforms_entry[] = {
    {"NAME", SP_OPTION_VARIANTS, offsetof(sp_transforms_entry, list), .variants = sp_transforms,
     .help = "transforms of the column of this name, applied in order"},
    {0}};

// The options that name the columns of a part. `at` is the offset of its sp_data_source_options.
#define SOURCE_FIELDS(at, file_help)                                                                                 \
  {"file", SP_OPTION_STRINGS, (at) + offsetof(sp_data_source_options, file),                                         \
   .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE, /* data are identified by their contents */                   \
   .help = file_help},                                                                                               \
      {"features", SP_OPTION_STRING, (at) + offsetof(sp_data_source_options, features), .flags = SP_OPTION_OPTIONAL, \
       .help =                                                                                                       \
           "HDF5 data set of the column features, such as /train/images; its first dimension counts the "            \
           "rows; short for columns: {features: …}"},                                                                \
      {"targets", SP_OPTION_STRING, (at) + offsetof(sp_data_source_options, targets), .flags = SP_OPTION_OPTIONAL,   \
       .help = "HDF5 data set of the column targets, such as /train/labels; short for columns: {targets: …}"},       \
  {                                                                                                                  \
    "columns", SP_OPTION_ENTRIES, (at) + offsetof(sp_data_source_options, columns),                                  \
        .flags = SP_OPTION_OPTIONAL, .fields = column_entry, .fields_size = sizeof(sp_column_entry),                 \
        .help = "columns by name; every part of the data uses the names of data.train"                               \
  }

static const sp_option source_fields[] = {
    SOURCE_FIELDS(0, "HDF5 file, glob pattern, or a list of these; several files are read in order, as one data set"),
    {0}};

static const sp_option validation_fields[] = {
    {"fraction", SP_OPTION_REAL, offsetof(sp_validation_options, fraction), "0", "[0, 1)",
     .help = "fraction of the training rows to validate with, taken from the end of the file before any shuffling"},
    SOURCE_FIELDS(offsetof(sp_validation_options, source),
                  "HDF5 file, glob pattern, or list of these, instead of a fraction"),
    {0}};

const sp_option sp_data_fields[] = {
    {"train", SP_OPTION_SECTION, offsetof(sp_data_options, train), .flags = SP_OPTION_OPTIONAL,
     .help = "training rows; required unless the model is an objective", .fields = source_fields,
     .fields_size = sizeof(sp_data_source_options)},
    {"rows", SP_OPTION_INT, offsetof(sp_data_options, rows), "auto", "auto|[1, 1000000000000]", .unit = "rows",
     .help =
         "number of rows of an epoch if there is no `train`; such rows have a number but no values; auto: the rows of "
         "one update"},
    {"validation", SP_OPTION_SECTION, offsetof(sp_data_options, validation), .flags = SP_OPTION_OPTIONAL,
     .help = "rows whose scores are computed after each epoch; they need the columns that the network uses",
     .fields = validation_fields, .fields_size = sizeof(sp_validation_options)},
    {"test", SP_OPTION_SECTION, offsetof(sp_data_options, test), .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE,
     .help = "rows for `shardprop eval` and `shardprop predict`; only `predict` works without the targets",
     .fields = source_fields, .fields_size = sizeof(sp_data_source_options)},
    {"transform", SP_OPTION_VARIANTS, offsetof(sp_data_options, transform), "[]",
     .help = "transforms of the features of a row, applied in order; short for transforms: {features: […]}",
     .variants = sp_transforms},
    {"target_transform", SP_OPTION_VARIANTS, offsetof(sp_data_options, target_transform), "[]",
     .help = "transforms of the targets of a row, applied in order; short for transforms: {targets: […]}",
     .variants = sp_transforms},
    {"transforms", SP_OPTION_ENTRIES, offsetof(sp_data_options, transforms), .flags = SP_OPTION_OPTIONAL,
     .fields = transforms_entry, .fields_size = sizeof(sp_transforms_entry), .help = "transforms by column"},
    {"shuffle", SP_OPTION_CHOICE, offsetof(sp_data_options, shuffle), "full", "full|chunks|none",
     .help = "row order; full: a new permutation of all rows each epoch; chunks: of the chunks, and of the rows within "
             "windows of chunks (for data larger than memory); none: as in the file"},
    {"window", SP_OPTION_INT, offsetof(sp_data_options, window), "8", "[1, 1000000]", .unit = "chunks",
     .help = "number of chunks whose rows `shuffle: chunks` mixes"},
    {"cache", SP_OPTION_CHOICE, offsetof(sp_data_options, cache), "auto", "auto|node|none",
     .help = "copy of the data in each node's memory; auto: if it fits; node: always; none: never",
     .flags = SP_OPTION_CHANGEABLE},
    {0}};
