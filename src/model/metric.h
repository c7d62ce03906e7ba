// SPDX-License-Identifier: Apache-2.0
// The interface of a metric: float64 sums over rows, and the scores computed from them; or numbers kept of each row, and
// the scores computed from those of all rows.
#ifndef SP_MODEL_METRIC_H
#define SP_MODEL_METRIC_H

#include "config/options.h"
#include "model/prediction.h"

typedef struct sp_metric_type sp_metric_type;

enum { SP_METRIC_NAME = 112, SP_METRIC_SCORES = 4 };

/// The options of every metric: the first member of its options.
typedef struct sp_metric_common {
  const char *weight;  ///< name of a column; NULL: each row has weight 1
} sp_metric_common;

/// The last rows of the table of every metric.
#define SP_METRIC_COMMON                                                                                     \
  {                                                                                                          \
    .name = "weight", .kind = SP_OPTION_STRING, .offset = offsetof(sp_metric_common, weight),                \
    .help =                                                                                                  \
        "column with a weight of at least 0 for each row; the score is then named weighted_NAME, or "        \
        "weighted_NAME_COLUMN if the list has this metric with other weights, too; default: rows count the " \
        "same, also if the loss is weighted",                                                                \
    .flags = SP_OPTION_OPTIONAL                                                                              \
  }

/// A metric of a network.
typedef struct sp_metric {
  const sp_metric_type *type;
  const void *options;
  int scores;                                   ///< number of scores
  char name[SP_METRIC_SCORES][SP_METRIC_NAME];  ///< of each score: "accuracy", "top_5"
  sp_target_meaning meaning;
  int64_t size;         ///< values of an output
  const char *target;   ///< name of the column that the output is compared with; valid in `fit`
  int weight;           ///< column of the data; -1: none
  bool invertible;      ///< the transforms of the targets can be inverted
  bool original;        ///< set by a `fit` that needs `units`
  const double *units;  ///< (size): the unit of each output if the metric needs them; else NULL
  int sums;             ///< number of sums it needs; 1 unless its `fit` sets another
  int kept;             ///< number of float64 numbers that it keeps of each row; 0 unless its `fit` sets another
} sp_metric;

/// The rows that were counted.
typedef struct sp_metric_rows {
  double rows;    ///< their number
  double weight;  ///< sum of their weights, above 0; without weights their number
} sp_metric_rows;

/// A metric's type. To add one, add a file and a line in metric_list.h.
///
/// A metric that is a function of sums over rows has `count` and `score`. A metric that needs the predictions of all rows
/// at once, such as the area under a curve, has `keep` and `finish` instead: it is computed for whole evaluations, and its
/// score of a training batch or of a training epoch is NaN.
struct sp_metric_type {
  sp_variant about;  ///< its table ends with SP_METRIC_COMMON
  bool higher_is_better;
  int scores;  ///< number of scores; 0: one
  /// Write the name of a score of a metric with these options. NULL: the name of the type.
  void (*label)(const void *options, int score, char name[SP_METRIC_NAME]);
  /// Check that the metric applies to metric->meaning and size. May set sums and kept. NULL: it always applies.
  /// Errors: SP_ERR_CONFIG, without the path of the metric.
  sp_status (*fit)(sp_metric *metric);
  /// Compute the sums over the rows of a prediction, in row order. Each row counts with its weight.
  void (*count)(const sp_metric *metric, const sp_prediction *prediction, double *sums);
  /// Compute the scores from the sums over at least one row.
  void (*score)(const sp_metric *metric, const double *sums, const sp_metric_rows *counted, double *scores);
  /// Write the numbers to keep of each row of a prediction: (rows, metric->kept).
  void (*keep)(const sp_metric *metric, const sp_prediction *prediction, double *kept);
  /// Compute the scores from the numbers of all rows, in row order, which it may overwrite: (rows, metric->kept).
  void (*finish)(const sp_metric *metric, double *kept, int64_t rows, double *scores);
};

static inline const sp_metric_type *sp_metric_type_of(const sp_selected *selected) {
  return (const sp_metric_type *)selected->type;
}

/// Returns the number of scores of a metric.
int sp_metric_scores(const sp_selected *selected);

/// Write the name of a metric's score, such as "accuracy", "top_5" or "weighted_f1". Returns `name`.
const char *sp_metric_name(const sp_selected_list *metrics, int64_t i, int score, char name[SP_METRIC_NAME]);

#define SP_METRIC(name) extern const sp_metric_type sp_metric_##name;
#include "model/metric_list.h"
#undef SP_METRIC

extern const sp_variant *const sp_metrics[];  ///< the registry: pointers to sp_metric_type, terminated by NULL

// --- shared by the metrics of classes -----------------------------------------------------------------------------

/// Returns the number of outputs that rank before the right class of a row. Equal outputs rank in order of the classes.
/// An output that is NaN ranks before the right class; if that of the right class is NaN, all others rank before it.
int64_t sp_metric_rank(const sp_prediction *prediction, int64_t row);

/// Returns the right class of a row: its class number, or the class with the largest probability.
int64_t sp_metric_right_class(const sp_prediction *prediction, int64_t row);

/// The `score` of a metric with one sum: the sum divided by the weight of the rows.
void sp_metric_mean(const sp_metric *metric, const double *sums, const sp_metric_rows *counted, double *scores);

#endif
