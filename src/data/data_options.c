// SPDX-License-Identifier: Apache-2.0
// The option tables of the section `data`.
#include "data/data_options.h"

#include "data/row_order.h"
#include "data/transforms.h"

#define SOURCE_FIELDS(target_flags, target_help)                                                             \
  {.name = "file",                                                                                           \
   .kind = SP_OPTION_STRINGS,                                                                                \
   .offset = offsetof(sp_data_source_options, file),                                                         \
   .flags = SP_OPTION_CHANGEABLE, /* data are identified by their contents */                                \
   .help = "HDF5 file, glob pattern, or a list of these; several files are read in order, as one data set"}, \
      {.name = "features",                                                                                   \
       .kind = SP_OPTION_STRING,                                                                             \
       .offset = offsetof(sp_data_source_options, features),                                                 \
       .help = "HDF5 data set of the samples, such as /train/images; its first dimension counts the rows"},  \
      {.name = "targets",                                                                                    \
       .kind = SP_OPTION_STRING,                                                                             \
       .offset = offsetof(sp_data_source_options, targets),                                                  \
       .flags = (target_flags),                                                                              \
       .help = target_help},                                                                                 \
  {                                                                                                          \
    0                                                                                                        \
  }

static const sp_option source_fields[] = {
    SOURCE_FIELDS(0, "HDF5 data set of the targets, such as /train/labels, with the same number of rows as features")};

static const sp_option test_fields[] = {
    SOURCE_FIELDS(SP_OPTION_OPTIONAL,
                  "HDF5 data set of the targets, with the same number of rows as features; required except by "
                  "`shardprop predict`")};

static const sp_option validation_fields[] = {
    {"fraction", SP_OPTION_REAL, offsetof(sp_validation_options, fraction), "0", "[0, 1)",
     .help = "fraction of the training rows to validate with, taken from the end of the file before any shuffling"},
    {"file", SP_OPTION_STRINGS, offsetof(sp_validation_options, file),
     .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE,
     .help = "HDF5 file, glob pattern, or list of these, instead of a fraction"},
    {"features", SP_OPTION_STRING, offsetof(sp_validation_options, features), .flags = SP_OPTION_OPTIONAL,
     .help = "data set with the features, with `file`"},
    {"targets", SP_OPTION_STRING, offsetof(sp_validation_options, targets), .flags = SP_OPTION_OPTIONAL,
     .help = "data set with the targets, with `file`"},
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
     .help = "rows whose scores are computed after each epoch", .fields = validation_fields,
     .fields_size = sizeof(sp_validation_options)},
    {"test", SP_OPTION_SECTION, offsetof(sp_data_options, test), .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE,
     .help = "rows for `shardprop eval` and `shardprop predict`", .fields = test_fields,
     .fields_size = sizeof(sp_data_source_options)},
    {"transform", SP_OPTION_VARIANTS, offsetof(sp_data_options, transform), "[]",
     .help = "transforms of the features of a row, applied in order", .variants = sp_transforms},
    {"target_transform", SP_OPTION_VARIANTS, offsetof(sp_data_options, target_transform), "[]",
     .help = "transforms of the targets of a row, applied in order", .variants = sp_transforms},
    {"shuffle", SP_OPTION_CHOICE, offsetof(sp_data_options, shuffle), "full", "full|chunks|none",
     .help = "row order; full: a new permutation of all rows each epoch; chunks: of the chunks, and of the rows within "
             "windows of chunks (for data larger than memory); none: as in the file"},
    {"window", SP_OPTION_INT, offsetof(sp_data_options, window), "8", "[1, 1000000]", .unit = "chunks",
     .help = "number of chunks whose rows `shuffle: chunks` mixes"},
    {"cache", SP_OPTION_CHOICE, offsetof(sp_data_options, cache), "auto", "auto|node|none",
     .help = "copy of the data in each node's memory; auto: if it fits; node: always; none: never",
     .flags = SP_OPTION_CHANGEABLE},
    {0}};

int sp_data_list_columns(const sp_data_options *options, const sp_data_source_options *part,
                         sp_column_source out[SP_MAX_COLUMNS]) {
  out[0] = (sp_column_source){SP_FEATURES, part->features, NULL, &options->transform};
  out[1] = (sp_column_source){SP_TARGETS, part->targets, NULL, &options->target_transform};
  return 2;
}
