// SPDX-License-Identifier: Apache-2.0
// Synthetic problems: Gaussian clusters, and a linear relation with known weights.
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "compute/normal.h"
#include "import/import_format.h"

// Streams of random numbers. Counters are row-major indices; those of test rows follow those of the training rows.
enum { STREAM_MODEL, STREAM_LABEL, STREAM_FEATURE, STREAM_NOISE };

typedef struct problem {
  const sp_import_synthetic_options *options;
  sp_random_key label, feature, noise;
  double *model;   // centres (classes, features), or weights (features) and bias
  double *normal;  // (features): random numbers of a row
} problem;

static sp_status check(const sp_import_synthetic_options *o) {
  int64_t rows, values;
  if (o->regression == (o->classes > 0)) return sp_fail(SP_ERR_USAGE, "expected either --classes or --regression");
  if (o->classes == 1) return sp_fail(SP_ERR_USAGE, "--classes: found 1, expected at least 2");
  if (!sp_add_size(o->rows, o->test_rows, &rows) || !sp_multiply_size(rows, o->features, &values) ||
      !sp_multiply_size(values, 8, &values)) {
    return sp_fail(SP_ERR_MEMORY, "--rows, --features: more values than can be addressed");
  }
  return SP_OK;
}

static sp_status make_model(problem *p) {
  const sp_import_synthetic_options *o = p->options;
  int64_t count;
  if (!sp_multiply_size(o->classes > 0 ? o->classes : 1, o->features, &count)) {
    return sp_fail(SP_ERR_MEMORY, "--classes, --features: more values than can be addressed");
  }
  if (o->regression) count++;
  sp_random_key key = sp_random_key_make((uint64_t)o->seed, SP_RANDOM_DATA, STREAM_MODEL);
  SP_TRY(sp_allocate(count, sizeof *p->model, "the model of the problem", &p->model));
  sp_normals(key, 0, count, p->model);
  return SP_OK;
}

static void make_class_row(const problem *p, int64_t row, float *features, int64_t *target) {
  const sp_import_synthetic_options *o = p->options;
  int64_t class = (int64_t)(sp_random_uniform(p->label, (uint64_t)row) * (double)o->classes);
  const double *centre = p->model + class * o->features;
  sp_normals(p->feature, (uint64_t)(row * o->features), o->features, p->normal);
  for (int64_t j = 0; j < o->features; j++) {
    features[j] = (float)(centre[j] + o->noise * p->normal[j]);
  }
  *target = class;
}

static void make_value_row(const problem *p, int64_t row, float *features, float *target) {
  const sp_import_synthetic_options *o = p->options;
  double sum = p->model[o->features];
  sp_normals(p->feature, (uint64_t)(row * o->features), o->features, p->normal);
  for (int64_t j = 0; j < o->features; j++) {
    features[j] = (float)p->normal[j];
    sum += p->model[j] * (double)features[j];
  }
  *target = (float)(sum + o->noise * sp_normal(p->noise, (uint64_t)row));
}

/// Rows [first, first + count) of the problem as the rows of two data sets.
static sp_status write_rows(const problem *p, sp_import *import, const int dataset[2], int64_t first, int64_t count,
                            int64_t step, float *features, void *targets) {
  const sp_import_synthetic_options *o = p->options;
  int64_t row_bytes = o->features * (int64_t)sizeof(float);
  for (int64_t done = 0; done < count; done += step) {
    int64_t rows = count - done < step ? count - done : step;
    for (int64_t r = 0; r < rows; r++) {
      float *row = features + r * o->features;
      if (o->regression) {
        make_value_row(p, first + done + r, row, (float *)targets + r);
      } else {
        make_class_row(p, first + done + r, row, (int64_t *)targets + r);
      }
    }
    SP_TRY(sp_hdf5_writer_append(import->writer, dataset[0], features, rows));
    SP_TRY(sp_hdf5_writer_append(import->writer, dataset[1], targets, rows));
    sp_meter_reach(&import->progress, (first + done + rows) * row_bytes);
  }
  return SP_OK;
}

static sp_status add_group(const problem *p, sp_hdf5_writer *writer, const char *features, const char *targets,
                           int64_t rows, int dataset[2]) {
  const sp_import_synthetic_options *o = p->options;
  const sp_shape sample = {1, {o->features}}, single = {0};
  SP_TRY(sp_hdf5_writer_add(writer, features, SP_FLOAT32, &sample, rows, &dataset[0]));
  SP_TRY(sp_hdf5_writer_add(writer, targets, o->regression ? SP_FLOAT32 : SP_INT64, &single, rows, &dataset[1]));
  if (!o->regression) return SP_OK;
  SP_TRY(sp_hdf5_writer_numbers(writer, dataset[1], "weights", p->model, o->features));
  return sp_hdf5_writer_numbers(writer, dataset[1], "bias", p->model + o->features, 1);
}

static sp_status make(problem *p, sp_import *import) {
  enum { BLOCK_BYTES = 1 << 20 };
  const sp_import_synthetic_options *o = p->options;
  int64_t row_bytes = o->features * (int64_t)sizeof(float), most = o->rows > o->test_rows ? o->rows : o->test_rows;
  int64_t step = row_bytes < BLOCK_BYTES ? BLOCK_BYTES / row_bytes : 1;
  if (step > most) step = most;
  int train[2], test[2];
  SP_TRY(add_group(p, import->writer, "/train/features", "/train/targets", o->rows, train));
  if (o->test_rows > 0) {
    SP_TRY(add_group(p, import->writer, "/test/features", "/test/targets", o->test_rows, test));
  }
  float *features = NULL;
  void *targets = NULL;
  sp_status status = sp_allocate(step * o->features, sizeof *features, "a block of rows", &features);
  if (status == SP_OK) status = sp_allocate(step, sizeof(int64_t), "a block of rows", &targets);
  if (status == SP_OK) status = write_rows(p, import, train, 0, o->rows, step, features, targets);
  if (status == SP_OK) status = write_rows(p, import, test, o->rows, o->test_rows, step, features, targets);
  free(targets);
  free(features);
  return status;
}

static sp_status run(const void *given, sp_import *import) {
  const sp_import_synthetic_options *o = given;
  SP_TRY(check(o));
  uint64_t seed = (uint64_t)o->seed;
  problem p = {.options = o,
               .label = sp_random_key_make(seed, SP_RANDOM_DATA, STREAM_LABEL),
               .feature = sp_random_key_make(seed, SP_RANDOM_DATA, STREAM_FEATURE),
               .noise = sp_random_key_make(seed, SP_RANDOM_DATA, STREAM_NOISE)};
  sp_meter_begin(&import->progress, "synthetic", (o->rows + o->test_rows) * o->features * (int64_t)sizeof(float));
  sp_status status = make_model(&p);
  if (status == SP_OK) status = sp_allocate(o->features, sizeof *p.normal, "random numbers of a row", &p.normal);
  if (status == SP_OK) status = make(&p, import);
  free(p.normal);
  free(p.model);
  return status;
}

#define AT(member) offsetof(sp_import_synthetic_options, member)
static const sp_option options[] = {
    {.name = "rows", .kind = SP_OPTION_INT, .offset = AT(rows), .range = "[1, inf)", .help = "number of training rows"},
    {.name = "test_rows",
     .kind = SP_OPTION_INT,
     .offset = AT(test_rows),
     .preset = "0",
     .range = "[0, inf)",
     .help = "number of test rows, drawn from the same problem"},
    {.name = "features",
     .kind = SP_OPTION_INT,
     .offset = AT(features),
     .range = "[1, inf)",
     .help = "number of features per row"},
    {.name = "classes",
     .kind = SP_OPTION_INT,
     .offset = AT(classes),
     .range = "[2, inf)",
     .flags = SP_OPTION_OPTIONAL,
     .help = "number of classes; creates a classification problem"},
    {.name = "regression",
     .kind = SP_OPTION_BOOL,
     .offset = AT(regression),
     .preset = "false",
     .help = "create a regression problem"},
    {.name = "noise",
     .kind = SP_OPTION_REAL,
     .offset = AT(noise),
     .preset = "1",
     .range = "[0, inf)",
     .help = "standard deviation of the clusters, or of the noise added to the targets"},
    {.name = "seed",
     .kind = SP_OPTION_INT,
     .offset = AT(seed),
     .preset = "1",
     .help = "seed of the random numbers; another seed gives another problem"},
    {0}};

const sp_import_format sp_import_synthetic = {
    .variant = {"synthetic", "a synthetic classification or regression problem", options,
                sizeof(sp_import_synthetic_options)},
    .usage = "--rows N --features N (--classes N | --regression)",
    .details =
        "Classification: each class has a centre whose coordinates are standard normal, and rows are\n"
        "normally distributed around the centres. Regression: features are standard normal, targets are a\n"
        "linear function of them plus noise; the coefficients are the attributes `weights` and `bias` of the\n"
        "targets. Features are float32, classes int64. The same options give the same numbers; training rows\n"
        "do not depend on the number of test rows.",
    .example = "shardprop import synthetic --rows 100000 --test-rows 10000 --features 20 --classes 5 -o clusters.h5",
    .run = run};
