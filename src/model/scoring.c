// SPDX-License-Identifier: Apache-2.0
// The scores of a network: set up, sums, and scores.
#include "model/scoring.h"

#include <math.h>
#include <string.h>

// --- set up -------------------------------------------------------------------------------------------------------

/// Returns the array of units that all metrics share.
static const double *units_of(sp_scoring *s, sp_arena *arena) {
  if (!s->units) {
    s->units = sp_arena_allocate(arena, (size_t)s->size * sizeof *s->units);
    for (int64_t i = 0; i < s->size; i++) s->units[i] = 1;
  }
  return s->units;
}

/// Check that no two scores have the same name. `metric` is not added yet.
static sp_status check_names(const sp_scoring *s, const sp_metric *metric) {
  for (int mine = 0; mine < metric->scores; mine++) {
    for (int score = 0; score < s->scores; score++) {
      if (strcmp(sp_scoring_name(s, score), metric->name[mine]) != 0) continue;
      return sp_fail(SP_ERR_CONFIG, "%s is listed twice", metric->name[mine]);
    }
  }
  return SP_OK;
}

void sp_scoring_add(sp_scoring *s, const sp_metric *metric) {
  s->metric[s->metrics++] = *metric;
  s->sums += metric->sums + (metric->weight >= 0 && metric->kept == 0);
  s->scores += metric->scores;
}

/// Mark a column, -1 for none, whose values are read. A column of class numbers has none.
static sp_status use_values(const sp_data_form *data, int column, const char *purpose, sp_column_use *use) {
  if (column < 0) return SP_OK;
  use[column].read = true;
  if (use[column].classes == 0) return SP_OK;
  return sp_fail(
      SP_ERR_CONFIG,
      "%s: the column %s has the class numbers of the loss: add its data set to data.train.columns once more, "
      "under another name",
      purpose, data->column[column].name);
}

static sp_status add_metric(sp_scoring *s, const sp_selected_list *metrics, int64_t index, const sp_data_form *data,
                            sp_arena *arena, sp_column_use *use) {
  const sp_selected *selected = &metrics->item[index];
  const sp_metric_common *common = selected->options;
  sp_metric metric = {.type = sp_metric_type_of(selected),
                      .options = selected->options,
                      .scores = sp_metric_scores(selected),
                      .meaning = s->loss.classes ? SP_MEANS_CLASS : s->loss.type->meaning,
                      .size = s->size,
                      .target = data->column[s->loss.target].name,
                      .invertible = data->column[s->loss.target].invertible,
                      .sums = 1};
  for (int i = 0; i < metric.scores; i++) sp_metric_name(metrics, index, i, metric.name[i]);
  SP_TRY(sp_find_weight(common->weight, data, &metric.weight));
  if (metric.type->fit) SP_TRY(metric.type->fit(&metric));
  if (metric.original) metric.units = units_of(s, arena);
  SP_TRY(use_values(data, metric.weight, "weight", use));
  SP_TRY(check_names(s, &metric));
  sp_scoring_add(s, &metric);
  return SP_OK;
}

/// Returns the name of the first column that the loss or a metric needs and the data lack, or NULL.
static const char *missing_column(const sp_scoring *s, const sp_model_options *options, const sp_data_form *data) {
  const sp_loss_common *loss = options->loss.options;
  if (!sp_data_form_has(data, s->loss.target)) return loss->target;
  if (s->loss.weight >= 0 && !sp_data_form_has(data, s->loss.weight)) return loss->weight;
  for (int64_t i = 0; i < options->metrics.count; i++) {
    const char *weight = ((const sp_metric_common *)options->metrics.item[i].options)->weight;
    const int column = weight ? sp_data_form_find(data, weight) : -1;
    if (column >= 0 && !sp_data_form_has(data, column)) return weight;
  }
  return NULL;
}

sp_status sp_scoring_create(const sp_model_options *options, const sp_data_form *data, const sp_shape *output,
                            sp_dtype precision, sp_arena *arena, sp_column_use *use, sp_scoring *s) {
  *s = (sp_scoring){.precision = precision, .size = sp_shape_size(output)};
  SP_TRY(sp_loss_create(&options->loss, data, output, arena, &s->loss));
  s->missing = missing_column(s, options, data);
  if (s->missing) {
    s->loss.weight = -1;
    return SP_OK;
  }
  const bool input = use[s->loss.target].read;
  use[s->loss.target] = (sp_column_use){.read = true, .classes = s->loss.classes};
  if (input) SP_TRY(use_values(data, s->loss.target, "model.inputs", use));
  SP_TRY(sp_context(use_values(data, s->loss.weight, "weight", use), "%s", s->loss.path));
  s->sums = 1 + sp_loss_is_weighted(&s->loss);
  s->scores = 1;
  s->metric = sp_arena_allocate(arena, (size_t)options->metrics.count * sizeof *s->metric);
  for (int64_t i = 0; i < options->metrics.count; i++) {
    SP_TRY(sp_context(add_metric(s, &options->metrics, i, data, arena, use), "%s", options->metrics.item[i].path));
  }
  return SP_OK;
}

// --- sums ---------------------------------------------------------------------------------------------------------

sp_prediction sp_scoring_prediction(const sp_scoring *s, const sp_batch *batch, const void *output) {
  return (sp_prediction){
      .precision = s->precision,
      .rows = batch->rows,
      .size = s->size,
      .output = output,
      .targets = batch->column[s->loss.target],
      .classes = s->loss.classes > 0,
      .weight = s->loss.weight >= 0 ? batch->column[s->loss.weight] : NULL,
  };
}

/// The same for a metric, which has weights of its own.
static sp_prediction prediction_for(const sp_scoring *s, const sp_metric *metric, const sp_batch *batch,
                                    const void *output) {
  sp_prediction prediction = sp_scoring_prediction(s, batch, output);
  prediction.weight = metric->weight >= 0 ? batch->column[metric->weight] : NULL;
  return prediction;
}

static double weight_of(const sp_prediction *prediction) {
  double total = 0;
  for (int64_t i = 0; i < prediction->rows; i++) total += sp_row_weight(prediction, i);
  return total;
}

/// Compute the sums of rows [begin, begin + rows) of a batch.
static void count_rows(const sp_scoring *s, const sp_batch *batch, const void *output, int64_t begin, int64_t rows,
                       void *slope, double *sums) {
  const sp_prediction all = sp_scoring_prediction(s, batch, output);
  const sp_prediction prediction = sp_prediction_part(&all, begin, rows);
  const size_t skip = (size_t)(begin * s->size) * sp_dtype_size(s->precision);
  *sums++ = sp_loss_sum(&s->loss, &prediction, slope ? (char *)slope + skip : NULL);
  if (sp_loss_is_weighted(&s->loss)) *sums++ = sp_loss_weight_sum(&s->loss, &prediction);
  for (int i = 0; i < s->metrics; i++) {
    const sp_metric *metric = &s->metric[i];
    if (metric->kept > 0) continue;
    const sp_prediction whole = prediction_for(s, metric, batch, output);
    const sp_prediction own = sp_prediction_part(&whole, begin, rows);
    metric->type->count(metric, &own, sums);
    sums += metric->sums;
    if (metric->weight >= 0) *sums++ = weight_of(&own);
  }
}

void sp_scoring_count(const sp_scoring *s, const sp_batch *batch, const void *output, void *slope, double *sums) {
  if (s->sums == 0) return;  // rows without targets
  for (int64_t i = 0, begin = 0; i < batch->lanes->count; begin = batch->lanes->end[i++], sums += s->sums) {
    count_rows(s, batch, output, begin, batch->lanes->end[i] - begin, slope, sums);
  }
}

// --- scores -------------------------------------------------------------------------------------------------------

double sp_scoring_weight(const sp_scoring *s, const double *sums, double rows) {
  return sp_loss_is_weighted(&s->loss) ? sums[1] : rows;
}

void sp_scoring_scores(const sp_scoring *s, const double *sums, double rows, double *scores) {
  const double weight = sp_scoring_weight(s, sums, rows);
  *scores++ = weight > 0 ? *sums / weight : (double)NAN;
  sums += 1 + sp_loss_is_weighted(&s->loss);
  for (int i = 0; i < s->metrics; i++) {
    const sp_metric *metric = &s->metric[i];
    for (int j = 0; j < metric->scores; j++) scores[j] = (double)NAN;
    if (metric->kept == 0) {
      const sp_metric_rows counted = {rows, metric->weight >= 0 ? sums[metric->sums] : rows};
      if (counted.weight > 0) metric->type->score(metric, sums, &counted, scores);
      sums += metric->sums + (metric->weight >= 0);
    }
    scores += metric->scores;
  }
}

/// Find the metric of a score other than the loss. Returns the number of the score within it.
static int find_metric(const sp_scoring *s, int score, const sp_metric **metric) {
  int within = score - 1;
  for (*metric = s->metric; within >= (*metric)->scores; (*metric)++) within -= (*metric)->scores;
  return within;
}

const char *sp_scoring_name(const sp_scoring *s, int score) {
  const sp_metric *metric;
  if (score == 0) return "loss";
  int within = find_metric(s, score, &metric);
  return metric->name[within];
}

bool sp_scoring_higher_is_better(const sp_scoring *s, int score) {
  const sp_metric *metric;
  if (score == 0) return false;
  find_metric(s, score, &metric);
  return metric->type->higher_is_better;
}

// --- all predictions ----------------------------------------------------------------------------------------------

void sp_scoring_keep(const sp_scoring *s, int index, const sp_batch *batch, const void *output, double *kept) {
  const sp_metric *metric = &s->metric[index];
  const sp_prediction own = prediction_for(s, metric, batch, output);
  metric->type->keep(metric, &own, kept);
}

void sp_scoring_finish(const sp_scoring *s, int index, double *kept, int64_t rows, double *scores) {
  const sp_metric *metric = &s->metric[index];
  scores++;
  for (int i = 0; i < index; i++) scores += s->metric[i].scores;
  metric->type->finish(metric, kept, rows, scores);
}
