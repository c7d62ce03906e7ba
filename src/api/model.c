// SPDX-License-Identifier: Apache-2.0
// The public model: the network of a configuration.
#include "shardprop/model.h"

#include <math.h>
#include <stdlib.h>

#include "api/handles.h"
#include "base/locale.h"
#include "base/memory.h"
#include "model/network.h"
#include "optim/statistics.h"
#include "train/loss_factors.h"

struct sp_model {
  sp_network *network;
  uint64_t seed;
  sp_dtype precision;
  double *sums;
  int64_t *row;  // row numbers for the largest batch so far
  int64_t rows;
  int64_t step;              // of the coming gradients
  const int64_t *step_rows;  // borrowed; NULL: `row`
};

static sp_status build(const sp_run_config *config, const sp_dataset *dataset, sp_model *m) {
  sp_data_form data;
  sp_dataset_form(dataset, &data);
  sp_status made = sp_network_create(config->model, &data, sp_run_arithmetic(config), &m->network);
  SP_TRY(sp_document_locate(config->document, made));
  m->seed = (uint64_t)config->run->seed;
  m->precision = sp_run_precision(config);
  return sp_allocate(sp_network_sums(m->network), sizeof *m->sums, "sums of a model", &m->sums);
}

sp_status sp_model_create(const sp_config *config, sp_data *data, sp_model **out) {
  SP_C_LOCALE;
  sp_model *m = NULL;
  sp_status status = sp_allocate(1, sizeof *m, "model", &m);
  if (status == SP_OK) status = build(&config->run, data->rows.dataset, m);
  status = sp_comm_agree(&data->comm, status);
  if (status == SP_OK) status = sp_feed_use(&data->comm, &config->run, &data->feed, m->network);
  if (status == SP_OK) status = sp_feed_check_columns(&data->comm, &data->feed, m->network);
  const sp_rows *rows = data->feed.train ? &data->feed.train_rows : &data->rows;
  if (status == SP_OK) status = sp_loss_factors_compute(&data->comm, rows, 1, m->network);
  if (status == SP_OK) {
    *out = m;
  } else {
    sp_model_free(m);
  }
  return status;
}

int64_t sp_model_values(const sp_model *m) { return sp_parameter_values(sp_network_table(m->network)); }

const char *sp_model_tensor(const sp_model *m, int64_t index, int64_t *first, int64_t *values) {
  const sp_parameter_table *table = sp_network_table(m->network);
  if (index < 0 || index >= table->tensors) return NULL;
  if (first) *first = table->tensor[index].offset;
  if (values) *values = table->tensor[index].count;
  return table->tensor[index].name;
}

sp_status sp_model_initialise(const sp_model *m, void *parameters) {
  SP_C_LOCALE;
  return sp_network_initialise(m->network, m->seed, parameters);
}

static sp_status prepare(sp_model *m, int64_t rows) {
  if (rows < 1) return sp_fail(SP_ERR_USAGE, "model: expected at least one row, got %lld", (long long)rows);
  if (rows > m->rows) {
    int64_t *row;
    SP_TRY(sp_allocate(rows, sizeof *row, "numbers of rows", &row));
    for (int64_t i = 0; i < rows; i++) row[i] = i;
    free(m->row);
    m->row = row;
    m->rows = rows;
  }
  return sp_network_prepare(m->network, rows);
}

int64_t sp_model_outputs(const sp_model *m) {
  const sp_shape *output = sp_network_output(m->network);
  return output ? sp_shape_size(output) : 0;
}

static sp_status check_input(const sp_model *m, const sp_batch *batch) {
  int64_t row;
  sp_status status = sp_network_check_input(m->network, batch, &row);
  return status == SP_OK ? SP_OK : sp_context(status, "model: row %lld", (long long)row);
}

sp_status sp_model_predict(sp_model *m, const void *parameters, const void *const *column, int64_t rows, void *output) {
  SP_C_LOCALE;
  if (!sp_network_output(m->network)) {
    return sp_fail(SP_ERR_USAGE,
                   "model: expected a model with layers; an objective predicts nothing, it has a loss and scores only");
  }
  SP_TRY(prepare(m, rows));
  const sp_batch batch = {.rows = rows, .column = column, .row = m->row, .seed = m->seed};
  SP_TRY(check_input(m, &batch));
  sp_network_evaluate(m->network, &batch, parameters, output, NULL);
  return SP_OK;
}

/// The loss uses the class number of a row as an index into its outputs.
static sp_status check_classes(const sp_model *m, const void *const *column, int64_t rows) {
  int target = sp_network_target(m->network);
  int64_t classes = target >= 0 ? sp_network_use(m->network)[target].classes : 0;
  for (int64_t i = 0; i < rows && classes > 0; i++) {
    int32_t class = ((const int32_t *)column[target])[i];
    if (class >= 0 && class < classes) continue;
    return sp_fail(SP_ERR_USAGE, "model: row %lld: class %d, expected 0 to %lld", (long long)i, (int)class,
                   (long long)classes - 1);
  }
  return SP_OK;
}

int64_t sp_model_trained(const sp_model *m) { return sp_network_table(m->network)->trained_blocks * SP_BLOCK; }

void sp_model_observe(const sp_model *m, void *parameters, const void *gradient) {
  const sp_parameter_table *table = sp_network_table(m->network);
  sp_statistics_update(table, m->precision, 1, 0, sp_parameter_values(table), parameters, gradient);
}

void sp_model_set_step(sp_model *m, int64_t step, const int64_t *row) {
  m->step = step;
  m->step_rows = row;
}

static void scale(sp_dtype precision, int64_t begin, int64_t end, double factor, void *values) {
  for (int64_t i = begin; i < end && precision == SP_FLOAT32; i++) ((float *)values)[i] *= (float)factor;
  for (int64_t i = begin; i < end && precision == SP_FLOAT64; i++) ((double *)values)[i] *= factor;
}

/// Make means of sums: of the gradient by the weight, and of what was observed for statistics by the rows.
static void scale_down(const sp_model *m, double weight, int64_t rows, void *gradient) {
  scale(m->precision, 0, sp_model_trained(m), 1 / weight, gradient);
  scale(m->precision, sp_model_trained(m), sp_model_values(m), 1 / (double)rows, gradient);
}

sp_status sp_model_gradient(sp_model *m, const void *parameters, const void *const *column, int64_t rows, double *loss,
                            void *gradient) {
  SP_C_LOCALE;
  const char *missing = sp_network_missing(m->network);
  if (missing) {
    return sp_fail(SP_ERR_USAGE, "model: expected rows with the column %s, got a model of rows that lack it", missing);
  }
  SP_TRY(prepare(m, rows));
  SP_TRY(check_classes(m, column, rows));
  const sp_batch batch = {
      .rows = rows, .column = column, .row = m->step_rows ? m->step_rows : m->row, .seed = m->seed, .step = m->step};
  SP_TRY(check_input(m, &batch));
  if (gradient) {
    sp_network_gradient(m->network, &batch, parameters, gradient, m->sums);
  } else {
    sp_network_evaluate(m->network, &batch, parameters, NULL, m->sums);
  }
  double weight = sp_network_weight(m->network, m->sums, (double)rows);
  if (!(weight > 0)) {
    return sp_fail(SP_ERR_USAGE, "model: the sum of the weights of %lld rows is %g, expected more than 0",
                   (long long)rows, weight);
  }
  if (gradient) scale_down(m, weight, rows, gradient);
  double mean = m->sums[0] / weight;
  if (!isfinite(mean)) return sp_fail(SP_ERR_NONFINITE, "model: the loss of %lld rows is not finite", (long long)rows);
  *loss = mean;
  return SP_OK;
}

void sp_model_free(sp_model *m) {
  if (!m) return;
  sp_network_free(m->network);
  free(m->sums);
  free(m->row);
  free(m);
}
