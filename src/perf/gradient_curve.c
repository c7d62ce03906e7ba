// SPDX-License-Identifier: Apache-2.0
// Timing a rank's gradient for several numbers of rows.
#include "perf/gradient_curve.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/shape.h"
#include "model/prediction.h"
#include "perf/timing.h"

typedef struct passes {
  sp_network *network;
  sp_batch batch;
  void *column[SP_MAX_COLUMNS], *parameters, *gradient;
  int64_t *row;
  double *sums;
} passes;

/// Fill a column with values that every layer and loss accepts: integers may be class numbers, so that they are 0.
static sp_status allocate_column(passes *p, int c, const sp_column_form *form, sp_dtype precision, int64_t rows) {
  sp_random_key key = sp_random_key_make(1, SP_RANDOM_DATA, 0);
  int64_t values;
  if (!sp_multiply_size(rows, sp_shape_size(&form->shape), &values)) {
    return sp_fail(SP_ERR_MEMORY, "%lld rows are more than can be addressed", (long long)rows);
  }
  SP_TRY(sp_allocate(values, sp_dtype_size(precision), "a column to time", &p->column[c]));
  for (int64_t i = 0; i < values && !form->integer; i++) {
    sp_value_set(precision, p->column[c], i, sp_random_uniform(key, (uint64_t)i));
  }
  return SP_OK;
}

static sp_status allocate(passes *p, const sp_data_form *data, sp_dtype precision, int64_t rows) {
  const sp_parameter_table *table = sp_network_table(p->network);
  size_t size = sp_dtype_size(precision);
  for (int c = 0; c < data->columns; c++) {
    if (sp_network_use(p->network)[c].read) SP_TRY(allocate_column(p, c, &data->column[c], precision, rows));
  }
  SP_TRY(sp_allocate(rows, sizeof *p->row, "rows to time", &p->row));
  SP_TRY(sp_allocate(sp_parameter_values(table), size, "parameters to time", &p->parameters));
  SP_TRY(sp_allocate(sp_parameter_values(table), size, "a gradient to time", &p->gradient));
  SP_TRY(sp_allocate(sp_network_sums(p->network), sizeof *p->sums, "sums to time", &p->sums));
  for (int64_t i = 0; i < rows; i++) p->row[i] = i;
  SP_TRY(sp_network_initialise(p->network, 1, p->parameters));
  p->batch = (sp_batch){.column = (const void *const *)p->column, .row = p->row, .seed = 1};
  return SP_OK;
}

static void release(passes *p) {
  for (int c = 0; c < SP_MAX_COLUMNS; c++) free(p->column[c]);
  free(p->row);
  free(p->parameters);
  free(p->gradient);
  free(p->sums);
}

static void run_forward(void *context) {
  passes *p = context;
  sp_network_evaluate(p->network, &p->batch, p->parameters, NULL, p->sums);
}

static void run_gradient(void *context) {
  passes *p = context;
  sp_network_gradient(p->network, &p->batch, p->parameters, p->gradient, p->sums);
}

static sp_status measure_point(const sp_comm *comm, passes *p, int64_t rows, double seconds, sp_curve *curve) {
  SP_TRY(sp_comm_agree(comm, sp_network_prepare(p->network, rows)));
  p->batch.rows = rows;
  double forward = sp_comm_mean(comm, sp_time_job(comm, (sp_job){run_forward, p}, seconds));
  double both = sp_comm_mean(comm, sp_time_job(comm, (sp_job){run_gradient, p}, seconds));
  curve->point[curve->points].rows = (double)rows;
  curve->point[curve->points].forward = forward;
  curve->point[curve->points++].backward = both > forward ? both - forward : 0;
  return SP_OK;
}

sp_status sp_curve_measure(const sp_comm *comm, sp_network *network, const sp_data_form *data, sp_dtype precision,
                           int64_t most, double seconds, sp_curve *out) {
  passes p = {.network = network};
  sp_curve curve = {0};
  sp_status status = sp_comm_agree(comm, allocate(&p, data, precision, most));
  for (int64_t rows = 1; status == SP_OK && rows < most && curve.points < SP_CURVE_POINTS - 1; rows *= 2) {
    status = measure_point(comm, &p, rows, seconds, &curve);
  }
  if (status == SP_OK) status = measure_point(comm, &p, most, seconds, &curve);
  release(&p);
  if (status == SP_OK) *out = curve;
  return status;
}

void sp_curve_seconds(const sp_curve *curve, double rows, double *forward, double *backward) {
  int i = 0;
  while (i < curve->points - 1 && curve->point[i + 1].rows < rows) i++;
  const int next = i < curve->points - 1 ? i + 1 : i;
  const double begin = curve->point[i].rows, end = curve->point[next].rows;
  if (rows >= end || next == i) {
    *forward = curve->point[next].forward * rows / end;
    *backward = curve->point[next].backward * rows / end;
  } else {
    double weight = rows > begin ? (rows - begin) / (end - begin) : 0;
    *forward = curve->point[i].forward + weight * (curve->point[next].forward - curve->point[i].forward);
    *backward = curve->point[i].backward + weight * (curve->point[next].backward - curve->point[i].backward);
  }
}
