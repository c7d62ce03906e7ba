// SPDX-License-Identifier: Apache-2.0
// The interface of a metric: float64 sums over rows, and the score computed from them.
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
  bool invertible;      ///< the transforms of the targets can be inverted
  bool original;        ///< set by a `fit` that needs `units`
  const double *units;  ///< (size): the unit of each output if the metric needs them; else NULL
  int sums;             ///< number of sums it needs; 1 unless its `fit` sets another
} sp_metric;

/// A metric's type. To add one, add a file and a line in metric_list.h.
struct sp_metric_type {
  sp_variant about;
  bool higher_is_better;
  /// Write the name of a metric with these options. NULL: the name of the type.
  void (*label)(const void *options, char name[SP_METRIC_NAME]);
  /// Check that the metric applies to metric->meaning and size. May set sums. NULL: it always applies.
  /// Errors: SP_ERR_CONFIG, without the path of the metric.
  sp_status (*fit)(sp_metric *metric);
  /// Compute the sums over the rows of a prediction, in row order.
  void (*count)(const sp_metric *metric, const sp_prediction *prediction, double *sums);
  /// Returns the score from sums over `rows` rows (at least 1).
  double (*score)(const sp_metric *metric, const double *sums, double rows);
};

static inline const sp_metric_type *sp_metric_type_of(const sp_selected *selected) {
  return (const sp_metric_type *)selected->type;
}

/// Write the name of a metric's score, such as "accuracy" or "top_5". Returns `name`.
const char *sp_metric_name(const sp_selected *selected, char name[SP_METRIC_NAME]);

#define SP_METRIC(name) extern const sp_metric_type sp_metric_##name;
#include "model/metric_list.h"
#undef SP_METRIC

extern const sp_variant *const sp_metrics[];  ///< the registry: pointers to sp_metric_type, terminated by NULL

// --- shared by the metrics of classes -----------------------------------------------------------------------------

/// Returns the number of outputs that rank before the right class of a row. Equal outputs rank in order of the classes.
/// An output that is NaN ranks before the right class; if that of the right class is NaN, all others rank before it.
int64_t sp_metric_rank(const sp_prediction *prediction, int64_t row);

/// The `score` of a metric with one sum: the sum divided by the number of rows.
double sp_metric_mean(const sp_metric *metric, const double *sums, double rows);

#endif
