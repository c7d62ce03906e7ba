// SPDX-License-Identifier: Apache-2.0
// A data set: its files opened, checked and described.
#include "data/row_dataset.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/visible.h"
#include "data/column.h"
#include "data/file_list.h"
#include "data/transforms.h"
#include "hdf5/convert.h"

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

const sp_option sp_data_source_fields[] = {
    SOURCE_FIELDS(0, "HDF5 data set of the targets, such as /train/labels, with the same number of rows as features")};

const sp_option sp_data_test_fields[] = {
    SOURCE_FIELDS(SP_OPTION_OPTIONAL,
                  "HDF5 data set of the targets, with the same number of rows as features; required except by "
                  "`shardprop predict`")};

// --- opening ------------------------------------------------------------------------------------------------------

/// Returns the shape of a sample: features have at least one dimension, and a target of one value is a scalar.
static sp_shape sample_shape(const sp_shape *stored, bool is_target) {
  sp_shape shape = *stored;
  if (!is_target && shape.rank == 0) return (sp_shape){.rank = 1, .extent = {1}};
  if (is_target && shape.rank == 1 && shape.extent[0] == 1) return (sp_shape){.rank = 0};
  return shape;
}

static sp_status open_column(const sp_strings *files, const char *name, const sp_selected_list *transforms,
                             sp_dtype precision, bool is_target, sp_column *column) {
  SP_TRY(sp_hdf5_source_open(files, name, &column->source));
  const sp_hdf5_layout *layout = sp_hdf5_source_layout(column->source);
  sp_shape sample = sample_shape(&layout->sample, is_target);
  column->stored = layout->dtype;
  column->stored_values = sp_shape_size(&sample);
  column->stored_bytes = column->stored_values * (int64_t)sp_dtype_size(layout->dtype);
  SP_TRY(sp_transform_chain_create(transforms, &sample, precision, &column->chain));
  if (!sp_multiply_size(column->chain.values, (int64_t)sp_dtype_size(precision), &column->delivered_bytes)) {
    return sp_fail(SP_ERR_SHAPE, "%s: a sample is larger than can be addressed", name);
  }
  return SP_OK;
}

/// Check that features and targets have the same number of rows in every file, because both columns of a row come from
/// the same file.
static sp_status check_rows(const sp_hdf5_source *features, const sp_hdf5_source *targets) {
  int64_t first = 0, unused;
  for (int64_t i = 0; i < sp_hdf5_source_files(features); i++) {
    int64_t rows = sp_hdf5_source_file_rows(features, i), expected = sp_hdf5_source_file_rows(targets, i);
    if (rows != expected) {
      return sp_fail(SP_ERR_DATA, "%s: %s has %lld rows and %s has %lld, expected the same number of rows",
                     sp_hdf5_source_file(features, first, &unused), sp_hdf5_source_name(features), (long long)rows,
                     sp_hdf5_source_name(targets), (long long)expected);
    }
    first += rows;
  }
  return SP_OK;
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static sp_status allocate_buffers(sp_dataset *dataset) {
  enum { STORED_BYTES = 1 << 20 };
  const sp_column *features = &dataset->features, *targets = &dataset->targets;
  dataset->stored_capacity = larger(STORED_BYTES, larger(features->stored_bytes, targets->stored_bytes));
  SP_TRY(sp_allocate(dataset->stored_capacity, 1, "rows of the data set", &dataset->stored));
  dataset->statistics_missing = features->chain.standardizer || targets->chain.standardizer;
  if (!dataset->statistics_missing) return SP_OK;
  return sp_allocate(larger(features->delivered_bytes, targets->delivered_bytes), 1, "a sample", &dataset->sample);
}

static sp_status open_columns(const sp_data_source_options *source, const sp_strings *files,
                              const sp_selected_list *feature_transforms, const sp_selected_list *target_transforms,
                              sp_dataset *dataset) {
  sp_dtype precision = dataset->precision;
  SP_TRY(open_column(files, source->features, feature_transforms, precision, false, &dataset->features));
  if (source->targets) {
    SP_TRY(open_column(files, source->targets, target_transforms, precision, true, &dataset->targets));
    SP_TRY(check_rows(dataset->features.source, dataset->targets.source));
  } else {
    dataset->targets.stored = SP_FLOAT32;
    dataset->targets.chain.shape.rank = -1;
  }
  dataset->rows = sp_hdf5_source_layout(dataset->features.source)->rows;
  return allocate_buffers(dataset);
}

sp_status sp_dataset_open(const sp_data_source_options *source, const sp_selected_list *feature_transforms,
                          const sp_selected_list *target_transforms, sp_dtype precision, sp_dataset **out) {
  sp_dataset *dataset;
  SP_TRY(sp_allocate(1, sizeof *dataset, "data set", &dataset));
  dataset->precision = precision;
  sp_arena *arena = sp_arena_create();
  sp_strings files;
  sp_status status = sp_file_list(&source->file, arena, &files);
  if (status == SP_OK) sp_file_list_warn_of_repeats(&files);
  if (status == SP_OK) status = open_columns(source, &files, feature_transforms, target_transforms, dataset);
  sp_arena_free(arena);
  if (status != SP_OK) {
    sp_dataset_close(dataset);
    return status;
  }
  *out = dataset;
  return SP_OK;
}

sp_status sp_dataset_open_rows(int64_t rows, sp_dataset **out) {
  sp_dataset *dataset;
  SP_TRY(sp_allocate(1, sizeof *dataset, "rows", &dataset));
  dataset->rows = rows;
  dataset->features.stored = dataset->targets.stored = SP_FLOAT32;
  dataset->features.chain.shape.rank = dataset->targets.chain.shape.rank = -1;
  *out = dataset;
  return SP_OK;
}

sp_status sp_dataset_expect_targets(sp_dataset *dataset, const sp_shape *target, const sp_selected_list *transforms) {
  SP_TRY(sp_transform_chain_create(transforms, target, dataset->precision, &dataset->targets.chain));
  if (dataset->targets.chain.standardizer) dataset->statistics_missing = true;
  return SP_OK;
}

static void close_column(sp_column *column) {
  sp_hdf5_source_close(column->source);
  sp_transform_chain_free(&column->chain);
}

void sp_dataset_close(sp_dataset *dataset) {
  if (!dataset) return;
  close_column(&dataset->features);
  close_column(&dataset->targets);
  free(dataset->stored);
  free(dataset->sample);
  free(dataset->wanted);
  free(dataset);
}

// --- description --------------------------------------------------------------------------------------------------

int64_t sp_dataset_rows(const sp_dataset *dataset) { return dataset->rows; }

int64_t sp_dataset_row_bytes(const sp_dataset *dataset) {
  return larger(dataset->features.stored_bytes + dataset->targets.stored_bytes, 1);
}

bool sp_dataset_has_targets(const sp_dataset *dataset) { return dataset->targets.source != NULL; }

int64_t sp_dataset_chunk_rows(const sp_dataset *dataset) {
  return dataset->features.source ? sp_hdf5_source_layout(dataset->features.source)->chunk_rows : 0;
}

const sp_shape *sp_dataset_feature_shape(const sp_dataset *dataset) { return &dataset->features.chain.shape; }

const sp_shape *sp_dataset_target_shape(const sp_dataset *dataset) { return &dataset->targets.chain.shape; }

bool sp_dataset_targets_integer(const sp_dataset *dataset) {
  return sp_dtype_is_integer(dataset->targets.stored) && dataset->targets.chain.count == 0;
}

bool sp_dataset_targets_standardized(const sp_dataset *dataset) { return dataset->targets.chain.standardizer != NULL; }

/// Format a row as "uint8 [28, 28]", or "uint8" when it has one value.
static const char *row_text(const sp_column *column, char buffer[256]) {
  if (!column->source) return "none";
  const sp_shape *sample = &sp_hdf5_source_layout(column->source)->sample;
  char shape[200] = "";
  if (sample->rank > 0) sp_shape_text(sample, shape);
  snprintf(buffer, 256, "%s%s%s", sp_dtype_name(column->stored), sample->rank > 0 ? " " : "", shape);
  return buffer;
}

const char *sp_dataset_describe(const sp_dataset *dataset, char buffer[256]) {
  const sp_hdf5_source *features = dataset->features.source;
  if (!features) {
    char count[32];
    snprintf(buffer, 256, "none: %s rows without values", sp_text_count(dataset->rows, count));
    return buffer;
  }
  int64_t files = sp_hdf5_source_files(features), unused;
  const char *targets = dataset->targets.source ? sp_hdf5_source_name(dataset->targets.source) : "";
  char more[64] = "", rows[32], row[256], target[256], text[256];
  if (files > 1) snprintf(more, sizeof more, " and %lld more", (long long)(files - 1));
  snprintf(text, sizeof text, "%s%s:%s, %s rows of %s; targets %s%s%s", sp_hdf5_source_file(features, 0, &unused), more,
           sp_hdf5_source_name(features), sp_text_count(dataset->rows, rows), row_text(&dataset->features, row),
           targets, *targets ? ", " : "", row_text(&dataset->targets, target));
  sp_visible_copy(text, false, buffer, 256);
  return buffer;
}

const char *sp_dataset_signature(const sp_dataset *dataset, char buffer[256]) {
  char row[256], target[256];
  if (!dataset->features.source) {
    snprintf(buffer, 256, "%lld rows that hold nothing", (long long)dataset->rows);
    return buffer;
  }
  snprintf(buffer, 256, "%lld rows, features %s, targets %s", (long long)dataset->rows,
           row_text(&dataset->features, row), row_text(&dataset->targets, target));
  return buffer;
}

bool sp_dataset_has_file(const sp_dataset *dataset, const char *path) {
  sp_hdf5_source *features = dataset->features.source, *targets = dataset->targets.source;
  return (features && sp_hdf5_source_has_file(features, path)) || (targets && sp_hdf5_source_has_file(targets, path));
}

// --- classes ------------------------------------------------------------------------------------------------------

sp_status sp_dataset_use_classes(sp_dataset *dataset, int64_t classes) {
  sp_column *targets = &dataset->targets;
  if (classes > 0 && (!sp_dataset_targets_integer(dataset) || targets->stored_values != 1)) {
    int64_t unused;
    char row[256];
    return sp_fail(SP_ERR_DATA, "%s: %s: a row contains %s%s, expected one integer, a class number",
                   sp_hdf5_source_file(targets->source, 0, &unused), sp_hdf5_source_name(targets->source),
                   row_text(targets, row), targets->chain.count > 0 ? " and is transformed" : "");
  }
  if (classes > INT32_MAX) return sp_fail(SP_ERR_DATA, "%lld classes, expected fewer than 2^31", (long long)classes);
  targets->classes = classes;
  targets->delivered_bytes =
      classes > 0 ? (int64_t)sizeof(int32_t) : targets->chain.values * (int64_t)sp_dtype_size(dataset->precision);
  return SP_OK;
}
