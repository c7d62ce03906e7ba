// SPDX-License-Identifier: Apache-2.0
// The file that predict writes: data sets or columns to which rows are appended.
#include "cli/predictions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text_writer.h"
#include "base/visible.h"
#include "compute/elementwise.h"
#include "data/column_list.h"
#include "data/original_units.h"
#include "data/row_delivery.h"
#include "hdf5/convert.h"
#include "hdf5/hdf5_writer.h"
#include "model/loss.h"

/// A quantity with one or several values for each row.
typedef struct quantity {
  const char *dataset;  // name of its data set in an HDF5 file; NULL: written to tables only
  const char *column;   // name of its column in a table
  sp_dtype dtype;
  sp_shape shape;  // of a row
  int64_t values;
  void *value;  // (rows, values); that of the predictions is owned by the caller
  int number;   // of the data set
} quantity;

// First the columns of the data, which are written to tables only.
enum { PREDICTIONS = SP_MAX_COLUMNS, CLASS, PROBABILITY, QUANTITIES };

struct sp_predictions {
  sp_hdf5_writer *file;   // NULL for a table
  sp_text_writer *table;  // NULL for an HDF5 file
  const sp_evaluation *evaluation;
  quantity quantity[QUANTITIES];  // those without a name are unused
  bool invert;                    // convert predictions back into the units of the data set
  int64_t first;                  // the next row
  int64_t not_finite;             // number of rows with a prediction that is not finite
  sp_text text;
};

// --- quantities ---------------------------------------------------------------------------------------------------

static const sp_loss_type *loss_of(const sp_evaluation *e) { return sp_network_loss(e->trainer->model.network); }

static int target_of(const sp_evaluation *e) { return sp_network_target(e->trainer->model.network); }

static sp_status add(sp_predictions *p, int which, const char *dataset, const char *column, sp_dtype dtype,
                     const sp_shape *shape) {
  quantity q = {.dataset = dataset, .column = column, .dtype = dtype, .shape = *shape};
  int64_t values;
  SP_TRY(sp_shape_count(shape, &q.values));
  if (!sp_multiply_size(p->evaluation->trainer->evaluator.rows, q.values, &values)) {
    return sp_fail(SP_ERR_MEMORY, "%s values of one evaluation pass exceed the address space", column);
  }
  if (which != PREDICTIONS) SP_TRY(sp_allocate(values, sp_dtype_size(dtype), column, &q.value));
  p->quantity[which] = q;
  return SP_OK;
}

static sp_status add_stored(sp_predictions *p, const sp_dataset *dataset, int c) {
  const sp_stored stored = sp_dataset_stored(dataset, c);
  return add(p, c, NULL, sp_dataset_name(dataset, c), stored.dtype, &(sp_shape){1, {stored.values}});
}

/// Returns the name of a computed column of a table, which is not that of a column of the data.
static const char *computed_name(const sp_dataset *dataset, const char *name, const char *other) {
  for (int c = 0; c < sp_dataset_columns(dataset); c++) {
    if (strcmp(sp_dataset_name(dataset, c), name) == 0) return other;
  }
  return name;
}

static sp_status add_quantities(sp_predictions *p) {
  const sp_evaluation *e = p->evaluation;
  const sp_dataset *dataset = e->rows->dataset;
  const sp_shape *output = sp_network_output(e->trainer->model.network), one = {0};
  sp_dtype precision = e->trainer->model.state.precision;
  for (int c = 0; p->table && c < sp_dataset_columns(dataset); c++) {
    if (sp_dataset_has(dataset, c)) SP_TRY(add_stored(p, dataset, c));
  }
  const char *prediction = computed_name(dataset, "prediction", "predicted_prediction");
  const char *class = computed_name(dataset, "class", "predicted_class");
  const char *probability = computed_name(dataset, "probability", "predicted_probability");
  SP_TRY(add(p, PREDICTIONS, "/predictions", prediction, precision, output));
  const sp_loss_type *loss = loss_of(e);
  if (loss->decide) SP_TRY(add(p, CLASS, "/class", class, SP_INT32, &one));
  return loss->probabilities ? add(p, PROBABILITY, "/probability", probability, precision, output) : SP_OK;
}

/// Returns whether a quantity has this heading in a table: its name, with a number if it has several values per row.
static bool has_heading(const quantity *q, const char *heading) {
  size_t length = strlen(q->column);
  if (q->values == 1) return strcmp(q->column, heading) == 0;
  if (strncmp(heading, q->column, length) != 0 || heading[length] != '_') return false;
  char *end, number[32];
  long long index = strtoll(heading + length + 1, &end, 10);
  snprintf(number, sizeof number, "%lld", index);
  return index >= 0 && index < q->values && strcmp(number, heading + length + 1) == 0;
}

/// Refuse a table in which two columns would have the same heading. Only a quantity with one value per row can have the
/// heading of another one.
static sp_status check_headings(const sp_predictions *p) {
  for (int i = 0; i < QUANTITIES; i++) {
    const quantity *one = &p->quantity[i];
    for (int j = 0; one->values == 1 && j < QUANTITIES; j++) {
      if (j == i || !p->quantity[j].column || !has_heading(&p->quantity[j], one->column)) continue;
      return sp_fail(SP_ERR_USAGE,
                     "the table would have two columns named %s: write an HDF5 file, or rename the column of the data",
                     one->column);
    }
  }
  return SP_OK;
}

static sp_status describe(sp_predictions *p) {
  const sp_evaluation *e = p->evaluation;
  const sp_state *state = &e->trainer->model.state;
  int target = target_of(e);
  bool transformed = !p->invert && target >= 0 &&
                     sp_data_transforms(e->config.data, sp_dataset_name(e->rows->dataset, target))->count > 0;
  SP_TRY(sp_hdf5_writer_text(p->file, SP_HDF5_WRITER_FILE, "creator", "shardprop " SP_VERSION));
  SP_TRY(sp_hdf5_writer_text(p->file, SP_HDF5_WRITER_FILE, "run", e->config.name));
  SP_TRY(sp_hdf5_writer_text(p->file, SP_HDF5_WRITER_FILE, "checkpoint", e->path));
  SP_TRY(sp_hdf5_writer_integer(p->file, SP_HDF5_WRITER_FILE, "step", state->progress.step));
  SP_TRY(sp_hdf5_writer_text(p->file, SP_HDF5_WRITER_FILE, "parameters", e->averaged ? "average" : "raw"));
  SP_TRY(sp_hdf5_writer_text(p->file, SP_HDF5_WRITER_FILE, "data", e->data));
  SP_TRY(sp_hdf5_writer_text(p->file, SP_HDF5_WRITER_FILE, "config", state->config));
  return sp_hdf5_writer_text(p->file, p->quantity[PREDICTIONS].number, "units",
                             loss_of(e)->units ? loss_of(e)->units
                             : transformed     ? "transformed"
                                               : "original");
}

static sp_status add_datasets(sp_predictions *p) {
  for (int i = 0; i < QUANTITIES; i++) {
    quantity *q = &p->quantity[i];
    if (!q->dataset) continue;
    SP_TRY(sp_hdf5_writer_add(p->file, q->dataset, q->dtype, &q->shape, p->evaluation->rows->count, &q->number));
  }
  return describe(p);
}

/// "features_0,features_1,targets,prediction": a column with several values per row is numbered from 0.
static void add_heading(sp_predictions *p) {
  for (int i = 0; i < QUANTITIES; i++) {
    const quantity *q = &p->quantity[i];
    for (int64_t j = 0; j < q->values; j++) {
      sp_text_add(&p->text, "%s%s", p->text.size > 0 ? "," : "", q->column);
      if (q->values > 1) sp_text_add(&p->text, "_%lld", (long long)j);
    }
  }
}

sp_status sp_predictions_begin(sp_predictions *p, const sp_evaluation *e) {
  p->evaluation = e;
  sp_data_form form;
  sp_dataset_form(e->rows->dataset, &form);
  int target = target_of(e);
  p->invert = !loss_of(e)->units && target >= 0 && form.column[target].invertible;
  SP_TRY(add_quantities(p));
  if (p->file) return add_datasets(p);
  SP_TRY(check_headings(p));
  add_heading(p);
  sp_text_append(&p->text, "\n", 1);
  return sp_text_writer_append(p->table, &p->text);
}

// --- rows ---------------------------------------------------------------------------------------------------------

static void compute(sp_predictions *p, void *output, int64_t rows) {
  const quantity *probability = &p->quantity[PROBABILITY];
  sp_dtype precision = p->quantity[PREDICTIONS].dtype;
  int64_t n = p->quantity[PREDICTIONS].values, all = rows * n, row = n * (int64_t)sp_dtype_size(precision);
  int32_t *class = p->quantity[CLASS].value;
  if (p->invert) sp_dataset_to_units(p->evaluation->rows->dataset, target_of(p->evaluation), rows, output);
  for (int64_t i = 0; class && i < rows; i++) {
    class[i] = loss_of(p->evaluation)->decide(precision, n, (const char *)output + i * row);
  }
  for (int64_t i = 0; i < rows; i++) p->not_finite += !sp_all_finite(precision, n, (const char *)output + i * row);
  if (!probability->value) return;
  memcpy(probability->value, output, (size_t)all * sp_dtype_size(precision));
  loss_of(p->evaluation)->probabilities(precision, rows, n, probability->value);
}

static void add_line(sp_predictions *p, int64_t row) {
  char number[32];
  const char *separator = "";
  for (int i = 0; i < QUANTITIES; i++) {
    const quantity *q = &p->quantity[i];
    const char *value = (const char *)q->value + (size_t)(row * q->values) * sp_dtype_size(q->dtype);
    for (int64_t j = 0; j < q->values; j++, value += sp_dtype_size(q->dtype), separator = ",") {
      sp_text_add(&p->text, "%s%s", separator, sp_convert_text(q->dtype, value, number));
    }
  }
  sp_text_append(&p->text, "\n", 1);
}

sp_status sp_predictions_append(sp_predictions *p, void *output, int64_t rows) {
  const sp_rows *from = p->evaluation->rows;
  quantity *q = p->quantity;
  compute(p, output, rows);
  q[PREDICTIONS].value = output;
  for (int i = 0; p->file && i < QUANTITIES; i++) {
    if (q[i].dataset) SP_TRY(sp_hdf5_writer_append(p->file, q[i].number, q[i].value, rows));
  }
  if (p->file) return SP_OK;
  int64_t first = from->first + p->first;
  for (int c = 0; c < sp_dataset_columns(from->dataset); c++) {
    if (q[c].value) SP_TRY(sp_dataset_read(from->dataset, c, first, rows, q[c].value));
  }
  for (int64_t i = 0; i < rows; i++) add_line(p, i);
  p->first += rows;
  return sp_text_writer_append(p->table, &p->text);
}

// --- the file -----------------------------------------------------------------------------------------------------

sp_status sp_predictions_create(const sp_import_output *output, sp_predictions **out) {
  const char *path = output->output, *suffix = strrchr(path, '.');
  bool table = suffix && strcasecmp(suffix, ".csv") == 0;
  sp_predictions *p;
  if (table && (output->gzip > 0 || output->chunk > 0)) {
    return sp_fail(SP_ERR_USAGE, "--%s: applies to HDF5 files only, and %s is a CSV table",
                   output->gzip > 0 ? "gzip" : "chunk", path);
  }
  SP_TRY(sp_allocate(1, sizeof *p, "predictions", &p));
  sp_hdf5_writer_layout layout = {output->chunk > 0 ? output->chunk : 0, output->gzip};
  sp_status status = table ? sp_text_writer_create(path, output->force, &p->table)
                           : sp_hdf5_writer_create(path, output->force, layout, &p->file);
  if (status == SP_OK) {
    *out = p;
  } else {
    free(p);
  }
  return status;
}

/// "  features (12), targets, prediction (4)".
static void describe_columns(const sp_predictions *p, sp_text *out) {
  const char *separator = "  ";
  for (int i = 0; i < QUANTITIES; i++) {
    const quantity *q = &p->quantity[i];
    if (!q->column) continue;
    sp_visible_format(out, "%s%s", separator, q->column);
    separator = ", ";
    if (q->values > 1) sp_text_add(out, " (%lld)", (long long)q->values);
  }
}

void sp_predictions_abandon(sp_predictions *p) {
  if (!p) return;
  sp_hdf5_writer_abandon(p->file);
  sp_text_writer_abandon(p->table);
  for (int i = 0; i < QUANTITIES; i++) {
    if (i != PREDICTIONS) free(p->quantity[i].value);
  }
  sp_text_free(&p->text);
  free(p);
}

sp_status sp_predictions_commit(sp_predictions *p, sp_text *contents) {
  sp_status status;
  char rows[SP_TEXT_COUNTED];
  if (p->not_finite > 0)
    sp_warn("%s with predictions that are not finite", sp_text_counted(p->not_finite, "row", rows));
  if (p->file) {
    sp_hdf5_writer_describe(p->file, contents);
    status = sp_hdf5_writer_commit(p->file);
  } else {
    describe_columns(p, contents);
    status = sp_text_writer_commit(p->table);
  }
  p->file = NULL;
  p->table = NULL;
  sp_predictions_abandon(p);
  return status;
}
