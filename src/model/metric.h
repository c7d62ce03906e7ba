// SPDX-License-Identifier: Apache-2.0
// The interface of a metric: a few float64 sums that add up over rows, and what they come to.
#ifndef SP_MODEL_METRIC_H
#define SP_MODEL_METRIC_H

#include "config/options.h"
#include "model/prediction.h"

typedef struct sp_metric_type sp_metric_type;

enum { SP_METRIC_NAME = 32 };

/// A metric of a network.
typedef struct sp_metric {
  const sp_metric_type *type;
  const void *options;
  char name[SP_METRIC_NAME];  ///< "accuracy", "top_5"
  sp_target_meaning meaning;
  int64_t size;         ///< values of an output
  bool turns_back;      ///< targets are transformed in a way that can be turned back
  bool original;        ///< set by a fit that wants `units`
  const double *units;  ///< (size) of each output, where it wants them; else NULL
  int sums;             ///< how many it needs; 1 unless its fit says otherwise
} sp_metric;

/// A new metric takes a file and a line in metric_list.h.
struct sp_metric_type {
  sp_variant about;
  bool higher_is_better;
  /// What a metric with these options is called. NULL: as its type.
  void (*label)(const void *options, char name[SP_METRIC_NAME]);
  /// Does it make sense for metric->meaning and size? May set sums. NULL: always.
  /// Errors: SP_ERR_CONFIG, without the metric's path.
  sp_status (*fit)(sp_metric *metric);
  /// Write the sums over the rows of a prediction, in the order of the rows.
  void (*count)(const sp_metric *metric, const sp_prediction *prediction, double *sums);
  /// From sums over `rows` rows (at least 1) to the score.
  double (*score)(const sp_metric *metric, const double *sums, double rows);
};

static inline const sp_metric_type *sp_metric_type_of(const sp_selected *selected) {
  return (const sp_metric_type *)selected->type;
}

/// What the score of a metric is called: "accuracy", "top_5". Returns name.
const char *sp_metric_name(const sp_selected *selected, char name[SP_METRIC_NAME]);

#define SP_METRIC(name) extern const sp_metric_type sp_metric_##name;
#include "model/metric_list.h"
#undef SP_METRIC

extern const sp_variant *const sp_metrics[];  ///< the registry: each is an sp_metric_type, NULL ends it

// --- what metrics of classes share --------------------------------------------------------------------------------

/// How many outputs stand before the right class of a row, equals in order; what is not a number puts it last.
int64_t sp_metric_rank(const sp_prediction *prediction, int64_t row);

/// The score of a metric whose one sum counts or adds up over rows, as a share of them.
double sp_metric_mean(const sp_metric *metric, const double *sums, double rows);

#endif
