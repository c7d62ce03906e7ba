// SPDX-License-Identifier: Apache-2.0
// Predictions for people: one layout, or a table of ever more nodes.
#ifndef SP_REPORT_FORECAST_TABLE_H
#define SP_REPORT_FORECAST_TABLE_H

#include "base/text.h"
#include "perf/forecast.h"

typedef struct sp_forecast_job {
  const sp_bench *bench;
  const sp_parameter_table *table;
  sp_link link;
  int64_t ranks_per_node;
  int64_t lanes;  ///< at least one a rank
  int64_t batch;  ///< rows of a mini-batch; 0: `rows` of each rank
  int64_t rows;
  int64_t accumulate;  ///< mini-batches of a step
} sp_forecast_job;

void sp_forecast_describe(const sp_forecast_job *job, int64_t nodes, sp_text *out);

/// A Markdown table of 1, 2, 4, … `most` nodes, as far as every rank has a row.
void sp_forecast_table(const sp_forecast_job *job, int64_t most, sp_text *out);

#endif
