// SPDX-License-Identifier: Apache-2.0
// Predictions of a step as text: for one placement, or as a table of increasing numbers of nodes.
#ifndef SP_REPORT_FORECAST_TABLE_H
#define SP_REPORT_FORECAST_TABLE_H

#include "base/text.h"
#include "perf/forecast.h"

typedef struct sp_forecast_job {
  const sp_bench *bench;
  const sp_parameter_table *table;
  sp_link link;
  int64_t ranks_per_node;
  int64_t lanes;  ///< raised to the number of ranks if it is smaller
  int64_t batch;  ///< rows of a mini-batch; 0: `rows` per rank
  int64_t rows;
  int64_t accumulate;  ///< mini-batches per step
} sp_forecast_job;

void sp_forecast_describe(const sp_forecast_job *job, int64_t nodes, sp_text *out);

/// Append a Markdown table for 1, 2, 4, … `most` nodes, as long as every rank has a row.
void sp_forecast_table(const sp_forecast_job *job, int64_t most, sp_text *out);

#endif
