// SPDX-License-Identifier: Apache-2.0
// Opening, checking, caching and measuring the data of a run.
#include "train/feed.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/memory_available.h"
#include "base/share.h"
#include "base/text.h"
#include "data/column_check.h"
#include "data/column_list.h"
#include "data/fingerprint.h"
#include "data/moments.h"
#include "data/row_cache.h"
#include "data/row_delivery.h"
#include "exchange/lanes.h"
#include "exchange/sums.h"

// --- opening ------------------------------------------------------------------------------------------------------

static sp_status open_one(const sp_run_config *config, const char *path, const sp_data_source_options *source,
                          sp_dataset **out) {
  sp_column_source column[SP_MAX_COLUMNS];
  int columns = sp_data_list_columns(config->data, source, column);
  sp_status status = sp_dataset_open(&source->file, column, columns, sp_run_precision(config), out);
  if (status == SP_ERR_CONFIG || status == SP_ERR_SHAPE) return sp_document_locate(config->document, status);
  return sp_context(status, "%s", path);
}

/// Check the shapes of other rows against those of the training rows. Test rows may lack targets.
static sp_status check_fits(const char *path, const sp_dataset *train, const sp_dataset *other) {
  char a[200], b[200];
  sp_data_form form;
  sp_dataset_form(other, &form);
  for (int c = 0; c < form.columns; c++) {
    const sp_shape *mine = sp_dataset_shape(train, c), *theirs = &form.column[c].shape;
    if (theirs->rank >= 0 && !sp_shape_equal(mine, theirs)) {
      return sp_fail(SP_ERR_DATA, "%s: %s of shape %s, expected %s as in data.train", path, form.column[c].name,
                     sp_shape_text(theirs, b), sp_shape_text(mine, a));
    }
  }
  return SP_OK;
}

static sp_status split(const sp_run_config *config, sp_feed *feed) {
  const sp_validation_options *v = config->data->validation;
  int64_t rows = sp_dataset_rows(feed->train), kept = rows;
  if (v && v->fraction > 0) {
    kept = rows - llround((double)rows * v->fraction);
    if (kept < 1 || kept == rows) {
      return sp_document_fail(config->document, "data.validation.fraction",
                              "%g of %lld rows leaves no row for training or for validation", v->fraction,
                              (long long)rows);
    }
    feed->validation = feed->train;
    feed->validation_rows = (sp_rows){feed->train, kept, rows - kept};
  } else if (v) {
    SP_TRY(open_one(config, "data.validation", &v->source, &feed->validation));
    SP_TRY(check_fits("data.validation", feed->train, feed->validation));
    feed->validation_rows = (sp_rows){feed->validation, 0, sp_dataset_rows(feed->validation)};
  }
  feed->train_rows = (sp_rows){feed->train, 0, kept};
  return SP_OK;
}

static sp_status open_test(const sp_run_config *config, sp_feed *feed) {
  SP_TRY(open_one(config, "data.test", config->data->test, &feed->test));
  feed->test_rows = (sp_rows){feed->test, 0, sp_dataset_rows(feed->test)};
  return config->data->train && feed->train ? check_fits("data.test", feed->train, feed->test) : SP_OK;
}

static sp_status open_all(const sp_run_config *config, int parts, sp_feed *feed) {
  if (parts & SP_FEED_TRAINING) {
    SP_TRY(config->data->train ? open_one(config, "data.train", config->data->train, &feed->train)
                               : sp_dataset_open_rows(sp_run_rows(config), &feed->train));
    SP_TRY(split(config, feed));
  }
  return parts & SP_FEED_TEST ? open_test(config, feed) : SP_OK;
}

sp_status sp_feed_open(const sp_comm *comm, const sp_run_config *config, int parts, sp_feed *out) {
  sp_feed feed = {0};
  sp_status status = sp_comm_agree(comm, open_all(config, parts, &feed));
  if (status == SP_OK) {
    *out = feed;
  } else {
    sp_feed_close(&feed);
  }
  return status;
}

/// Test rows may lack the columns of the scores: their outputs can be predicted. They need the input.
static sp_status check_input(const sp_dataset *test, const sp_network *network) {
  const int input = sp_network_input(network);
  if (input < 0 || sp_dataset_has(test, input)) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "data.test: lacks the column %s, which the network reads",
                 sp_dataset_name(test, input));
}

sp_status sp_feed_open_test(const sp_comm *comm, const sp_run_config *config, const sp_network *network,
                            sp_feed *feed) {
  if (!config->data->train || !config->data->test) return SP_OK;
  sp_status status = open_test(config, feed);
  if (status == SP_OK) status = check_input(feed->test, network);
  if (status == SP_OK) status = sp_context(sp_dataset_use(feed->test, sp_network_use(network)), "data.test");
  if (status != SP_OK) sp_feed_close_test(feed);
  if (status == SP_ERR_DATA || status == SP_ERR_SHAPE || status == SP_ERR_CONFIG) {
    status = sp_document_locate(config->document, sp_fail(SP_ERR_CONFIG,
                                                          "%s (training does not use data.test: remove it "
                                                          "with --set data.test=~)",
                                                          sp_error_message()));
  }
  return sp_comm_agree(comm, status);
}

void sp_feed_close_test(sp_feed *feed) {
  sp_dataset_close(feed->test);
  feed->test = NULL;
  feed->test_rows = (sp_rows){0};
}

void sp_feed_close(sp_feed *feed) {
  for (int i = 0; i < 3; i++) sp_window_close(&feed->window[i]);
  if (feed->validation != feed->train) sp_dataset_close(feed->validation);
  sp_dataset_close(feed->train);
  sp_dataset_close(feed->test);
  *feed = (sp_feed){0};
}

static int each_dataset(const sp_feed *feed, sp_dataset *out[3]) {
  int count = 0;
  if (feed->train) out[count++] = feed->train;
  if (feed->validation && feed->validation != feed->train) out[count++] = feed->validation;
  if (feed->test) out[count++] = feed->test;
  return count;
}

void sp_feed_signature(const sp_feed *feed, sp_text *out) {
  sp_dataset_signature(feed->train, out);
  sp_text_add(out, "; training rows %lld; ", (long long)feed->train_rows.count);
  if (feed->validation && feed->validation != feed->train) sp_dataset_signature(feed->validation, out);
}

sp_status sp_feed_contents(const sp_comm *comm, const sp_feed *feed, int64_t chunk_rows, char buffer[200]) {
  sp_dataset *dataset[] = {feed->train, feed->validation != feed->train ? feed->validation : NULL};
  const char *const name[] = {"train", ", validation"};
  sp_text text = {0};
  sp_status status = SP_OK;
  for (int i = 0; i < 2 && comm->rank == 0 && status == SP_OK; i++) {
    uint64_t contents;
    if (!dataset[i]) continue;
    status = sp_dataset_fingerprint(dataset[i], &contents);
    if (status == SP_OK) sp_text_add(&text, "%s %016" PRIx64, name[i], contents);
  }
  if (chunk_rows > 0) sp_text_add(&text, ", shuffled in chunks of %lld rows", (long long)chunk_rows);
  snprintf(buffer, 200, "%s", sp_text_string(&text));
  sp_text_free(&text);
  SP_TRY(sp_comm_agree(comm, status));
  MPI_Bcast(buffer, 200, MPI_CHAR, 0, comm->world);
  return SP_OK;
}

// --- passes over all rows in slices -------------------------------------------------------------------------------

/// Work of a pass over the data on rows [first, first + count) of this rank's share.
typedef sp_status slice_work(sp_dataset *dataset, int64_t first, int64_t count, void *context);

/// Call `work` for slices of this rank's share, rows [first, first + count). All ranks agree after each slice, so that a
/// failure or a signal on one of them ends the pass on all within one slice. Collective: yes.
static sp_status in_slices(const sp_comm *comm, sp_dataset *dataset, int64_t first, int64_t count, slice_work work,
                           void *context) {
  enum { SLICE_BYTES = 32 << 20 };
  int64_t row_bytes = sp_dataset_row_bytes(dataset), rows = row_bytes < SLICE_BYTES ? SLICE_BYTES / row_bytes : 1;
  int64_t slices = count / rows + (count % rows > 0);
  MPI_Allreduce(MPI_IN_PLACE, &slices, 1, MPI_INT64_T, MPI_MAX, comm->world);
  for (int64_t i = 0; i < slices; i++) {
    int64_t begin = sp_share_begin(count, slices, i), end = sp_share_begin(count, slices, i + 1);
    sp_status status = sp_interrupt_check();
    if (status == SP_OK && end > begin) status = work(dataset, first + begin, end - begin, context);
    SP_TRY(sp_comm_agree(comm, status));
  }
  return SP_OK;
}

// --- use, and values that the scores read -------------------------------------------------------------------------

typedef struct column_checking {
  const sp_network *network;
  int column;
  int *positive;  ///< set to 1 when a value is above 0
} column_checking;

static sp_status accepted(const void *context, const sp_delivered *values, int64_t *row) {
  const column_checking *k = context;
  for (int64_t i = 0; i < values->rows * values->size && !*k->positive; i++) {
    *k->positive = sp_value_at(values->precision, values->values, i) > 0;
  }
  return sp_network_check(k->network, k->column, values, row);
}

static sp_status check_slice(sp_dataset *dataset, int64_t first, int64_t count, void *context) {
  const column_checking *k = context;
  return sp_dataset_check(dataset, k->column, first, count, accepted, k);
}

/// Check that some rows have all columns that the network uses, and set how it uses them.
static sp_status use(sp_dataset *dataset, const char *path, const sp_network *network) {
  const sp_column_use *use = sp_network_use(network);
  for (int c = 0; dataset && c < sp_dataset_columns(dataset); c++) {
    if (!use[c].read || sp_dataset_has(dataset, c)) continue;
    return sp_fail(SP_ERR_CONFIG, "%s: lacks the column %s, which the network uses", path, sp_dataset_name(dataset, c));
  }
  return dataset ? sp_context(sp_dataset_use(dataset, use), "%s", path) : SP_OK;
}

static sp_status use_all(const sp_feed *feed, const sp_network *network) {
  SP_TRY(use(feed->train, "data.train", network));
  if (feed->validation != feed->train) SP_TRY(use(feed->validation, "data.validation", network));
  return use(feed->test, "data.test", network);
}

sp_status sp_feed_use(const sp_comm *comm, const sp_run_config *config, sp_feed *feed, const sp_network *network) {
  return sp_comm_agree(comm, sp_document_locate(config->document, use_all(feed, network)));
}

sp_status sp_feed_check_scored(const sp_run_config *config, const sp_feed *feed, const sp_network *network) {
  const char *missing = sp_network_missing(network);
  if (!missing) return SP_OK;
  return sp_document_fail(config->document, feed->train ? "data.train" : "data.test",
                          "lacks the column %s, which the loss or a metric reads: scores require it", missing);
}

static sp_status fail_weights(const sp_dataset *dataset, int column) {
  sp_status status = sp_fail(SP_ERR_DATA, "the weights of this and all other rows are 0, expected some above 0");
  return sp_dataset_context(status, dataset, column, 0);
}

sp_status sp_feed_check_columns(const sp_comm *comm, sp_feed *feed, const sp_network *network) {
  sp_dataset *dataset[3];
  int count = each_dataset(feed, dataset);
  for (int i = 0; i < count; i++) {
    int64_t rows = sp_dataset_rows(dataset[i]), first = sp_share_begin(rows, comm->size, comm->rank);
    int64_t end = sp_share_begin(rows, comm->size, comm->rank + 1);
    for (int c = 0; c < sp_dataset_columns(dataset[i]); c++) {
      int positive = 0;
      column_checking k = {network, c, &positive};
      if (!sp_network_checks(network, c) || !sp_dataset_has(dataset[i], c)) continue;
      SP_TRY(in_slices(comm, dataset[i], first, end - first, check_slice, &k));
      MPI_Allreduce(MPI_IN_PLACE, &positive, 1, MPI_INT, MPI_MAX, comm->world);
      if (!positive && sp_network_reads_weights(network, c)) return fail_weights(dataset[i], c);
    }
  }
  return SP_OK;
}

// --- one copy per node --------------------------------------------------------------------------------------------

/// Compute this rank's share of the rows, in whole chunks, so that no chunk is decompressed twice.
static void share_of_rows(const sp_comm *comm, const sp_dataset *dataset, int64_t *first, int64_t *count) {
  int64_t rows = sp_dataset_rows(dataset), chunk = sp_dataset_chunk_rows(dataset);
  if (chunk < 1) chunk = 1;
  int64_t chunks = rows / chunk + (rows % chunk > 0);
  *first = sp_share_begin(chunks, comm->node_size, comm->node_rank) * chunk;
  int64_t end = sp_share_begin(chunks, comm->node_size, comm->node_rank + 1) * chunk;
  *count = (end < rows ? end : rows) - *first;
}

static sp_status fill_slice(sp_dataset *dataset, int64_t first, int64_t count, void *memory) {
  return sp_dataset_cache_fill(dataset, memory, first, count);
}

static sp_status fill(const sp_comm *comm, sp_dataset *dataset, sp_window *window) {
  int64_t first, count;
  share_of_rows(comm, dataset, &first, &count);
  SP_TRY(in_slices(comm, dataset, first, count, fill_slice, window->memory));
  sp_window_sync(comm);
  sp_dataset_cache_use(dataset, window->memory);
  return SP_OK;
}

static sp_status fits_in_memory(const sp_comm *comm, int64_t bytes, bool *fits) {
  int mine = bytes <= sp_memory_available() / 2, all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, comm->world);
  *fits = all;
  return SP_OK;
}

sp_status sp_feed_cache(const sp_comm *comm, const sp_run_config *config, sp_feed *feed) {
  sp_dataset *dataset[3];
  int count = each_dataset(feed, dataset);
  for (int i = 0; i < count && config->data->cache != SP_CACHE_NONE; i++) {
    const int64_t bytes = sp_dataset_cache_bytes(dataset[i]);
    bool fits = true;
    char about[256], size[32];
    if (bytes == 0) continue;  // rows without values
    if (config->data->cache == SP_CACHE_AUTO) SP_TRY(fits_in_memory(comm, bytes, &fits));
    if (!fits) {
      sp_info("%s: %s do not fit in half of the free memory, so rows are read as needed",
              sp_dataset_describe(dataset[i], about), sp_text_bytes(bytes, size));
      continue;
    }
    sp_status status = sp_window_map(comm, bytes, "the data cache", &feed->window[i]);
    if (status != SP_OK && config->data->cache == SP_CACHE_AUTO) {
      sp_warn("%s; rows are read as needed, which is slower", sp_error_message());
      continue;
    }
    if (status != SP_OK) return status;
    SP_TRY(fill(comm, dataset[i], &feed->window[i]));
  }
  return SP_OK;
}

// --- mean and standard deviation ----------------------------------------------------------------------------------

int64_t sp_feed_moments_size(const sp_feed *feed) { return sp_dataset_moments_size(feed->train); }

/// Sums of some lanes; each lane adds its share of the training rows to its own sums.
typedef struct lane_moments {
  const sp_rows *rows;
  const double *mean;  ///< NULL in the first pass
  double *sums;        ///< of lanes [first, end)
  int64_t lanes, first, end;
} lane_moments;

static sp_status add_slice(sp_dataset *dataset, int64_t first, int64_t count, void *context) {
  const lane_moments *m = context;
  int64_t size = sp_dataset_moments_size(dataset);
  for (int64_t lane = m->first; lane < m->end; lane++) {
    int64_t begin = m->rows->first + sp_share_begin(m->rows->count, m->lanes, lane);
    int64_t end = m->rows->first + sp_share_begin(m->rows->count, m->lanes, lane + 1);
    if (begin < first) begin = first;
    if (end > first + count) end = first + count;
    if (begin >= end) continue;
    SP_TRY(sp_dataset_moments_add(dataset, begin, end - begin, m->mean, m->sums + (lane - m->first) * size));
  }
  return SP_OK;
}

/// Sum over the training rows: each lane sums its share, and the sums are added along the lane tree. Collective: yes.
static sp_status sum_over_rows(const sp_comm *comm, const sp_rows *rows, int64_t lanes, const double *mean,
                               double *total) {
  int64_t size = sp_dataset_moments_size(rows->dataset);
  int64_t first = sp_lanes_hosted(lanes, comm->size, comm->rank).begin;
  int64_t end = sp_lanes_hosted(lanes, comm->size, comm->rank).end;
  double *mine = NULL;
  sp_status status = sp_allocate((end - first) * size, sizeof *mine, "statistics of the data", &mine);
  status = sp_comm_agree(comm, status);
  if (status == SP_OK) {
    lane_moments m = {.rows = rows, .mean = mean, .sums = mine, .lanes = lanes, .first = first, .end = end};
    int64_t begin = sp_share_begin(rows->count, lanes, first), count = sp_share_begin(rows->count, lanes, end) - begin;
    status = in_slices(comm, rows->dataset, rows->first + begin, count, add_slice, &m);
  }
  if (status == SP_OK) status = sp_lane_sums(comm, lanes, size, mine, total);
  free(mine);
  return status;
}

/// Check that the statistics are finite: squares of finite values may exceed float64.
static sp_status check_moments(int64_t size, const double *mean, const double *deviation) {
  for (int64_t i = 0; i < size; i++) {
    if (isfinite(mean[i]) && isfinite(deviation[i])) continue;
    return sp_fail(SP_ERR_DATA,
                   "data.train: value %lld of a row: mean %g, standard deviation %g: the values are too large for "
                   "`standardize`",
                   (long long)i, mean[i], deviation[i]);
  }
  return SP_OK;
}

/// Return the standard deviation of n values from the sum of their squared distances from the mean. Returns 0 if it is
/// within the rounding error of the mean: then the values are equal, and division by the deviation would be meaningless.
static double deviation_of(double squares, double mean, double n) {
  double deviation = sqrt(squares / n);
  return deviation > n * DBL_EPSILON * fabs(mean) ? deviation : 0;
}

sp_status sp_feed_moments(const sp_comm *comm, const sp_feed *feed, int64_t lanes, double *mean, double *deviation) {
  const sp_rows *rows = &feed->train_rows;
  int64_t size = sp_dataset_moments_size(rows->dataset);
  sp_status status = sum_over_rows(comm, rows, lanes, NULL, mean);
  for (int64_t i = 0; i < size && status == SP_OK; i++) mean[i] /= (double)rows->count;
  if (status == SP_OK) status = sum_over_rows(comm, rows, lanes, mean, deviation);
  for (int64_t i = 0; i < size && status == SP_OK; i++) {
    deviation[i] = deviation_of(deviation[i], mean[i], (double)rows->count);
  }
  return status == SP_OK ? check_moments(size, mean, deviation) : status;
}

void sp_feed_set_moments(sp_feed *feed, const double *mean, const double *deviation) {
  sp_dataset *dataset[3];
  int count = each_dataset(feed, dataset);
  for (int c = 0; c < sp_dataset_columns(dataset[0]); c++) {
    for (int i = 0; i < count; i++) sp_dataset_moments_set(dataset[i], c, mean, deviation);
    mean += sp_dataset_column_moments(dataset[0], c);
    deviation += sp_dataset_column_moments(dataset[0], c);
  }
}
