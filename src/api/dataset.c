// SPDX-License-Identifier: Apache-2.0
// The public data set: the training, validation or test rows of a run.
#include <stdbool.h>
#include <stdlib.h>

#include "api/handles.h"
#include "base/locale.h"
#include "base/memory.h"
#include "data/row_delivery.h"

static sp_status set_moments(sp_data *data, const sp_run_config *config) {
  int64_t size = data->feed.train ? sp_feed_moments_size(&data->feed) : 0;
  double *mean;
  if (size == 0) return SP_OK;
  SP_TRY(sp_comm_agree(&data->comm, sp_allocate(2 * size, sizeof *mean, "statistics of the data", &mean)));
  sp_status status =
      sp_feed_moments(&data->comm, &data->feed, sp_run_lanes(config, data->comm.size), mean, mean + size);
  if (status == SP_OK) sp_feed_set_moments(&data->feed, mean, mean + size);
  free(mean);
  return status;
}

static sp_status build(const sp_run_config *config, sp_data_part part, sp_data *data) {
  bool test = part == SP_DATA_TEST;
  if (test && !config->data->test) return sp_fail(SP_ERR_USAGE, "the configuration has no data.test");
  if (part == SP_DATA_VALIDATION && !config->data->validation) {
    return sp_fail(SP_ERR_USAGE, "the configuration has no data.validation");
  }
  SP_TRY(sp_feed_open(&data->comm, config, SP_FEED_TRAINING | (test ? SP_FEED_TEST : 0), &data->feed));
  data->rows = test ? data->feed.test_rows : part == SP_DATA_TRAIN ? data->feed.train_rows : data->feed.validation_rows;
  return set_moments(data, config);
}

sp_status sp_data_open(MPI_Comm parent, const sp_config *config, sp_data_part part, sp_data **out) {
  SP_C_LOCALE;
  sp_comm comm;
  sp_data *data = NULL;
  SP_TRY(sp_comm_open(parent, &comm));
  sp_status status = sp_comm_agree(&comm, sp_allocate(1, sizeof *data, "data", &data));
  if (status != SP_OK) {
    free(data);
    sp_comm_close(&comm);
    return status;
  }
  data->comm = comm;
  status = build(&config->run, part, data);
  if (status == SP_OK) {
    *out = data;
  } else {
    sp_data_close(data);
  }
  return status;
}

int64_t sp_data_rows(const sp_data *data) { return data->rows.count; }

int sp_data_columns(const sp_data *data) { return sp_dataset_columns(data->rows.dataset); }

static bool exists(const sp_data *data, int column) { return column >= 0 && column < sp_data_columns(data); }

const char *sp_data_column_name(const sp_data *data, int column) {
  return exists(data, column) ? sp_dataset_name(data->rows.dataset, column) : NULL;
}

int64_t sp_data_column_values(const sp_data *data, int column) {
  return exists(data, column) && sp_dataset_has(data->rows.dataset, column)
             ? sp_shape_size(sp_dataset_shape(data->rows.dataset, column))
             : 0;
}

sp_status sp_data_gather(sp_data *data, const int64_t *row, int64_t count, void *const *column) {
  SP_C_LOCALE;
  int64_t *there;
  if (count < 0)
    return sp_fail(SP_ERR_USAGE, "count: expected a number of rows of at least 0, got %lld", (long long)count);
  SP_TRY(sp_allocate(count, sizeof *there, "numbers of rows", &there));
  sp_status status = SP_OK;
  for (int64_t i = 0; i < count && status == SP_OK; i++) {
    there[i] = data->rows.first + row[i];
    if (row[i] >= 0 && row[i] < data->rows.count) continue;
    status = sp_fail(SP_ERR_USAGE, "row %lld: expected a row from 0 to %lld", (long long)row[i],
                     (long long)data->rows.count - 1);
  }
  if (status == SP_OK) status = sp_dataset_gather(data->rows.dataset, NULL, there, count, column);
  free(there);
  return status;
}

void sp_data_close(sp_data *data) {
  if (!data) return;
  sp_feed_close(&data->feed);
  sp_comm_close(&data->comm);
  free(data);
}
