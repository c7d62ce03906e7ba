// SPDX-License-Identifier: Apache-2.0
// Predictions of a step as text.
#include "report/forecast_table.h"

#include <stdio.h>

static double batch_of(const sp_forecast_job *job, int64_t nodes) {
  return (double)(job->batch > 0 ? job->batch : job->rows * nodes * job->ranks_per_node);
}

static int64_t step_rows(const sp_forecast_job *job, int64_t nodes) {
  return (int64_t)batch_of(job, nodes) * job->accumulate;
}

static sp_forecast predict(const sp_forecast_job *job, int64_t nodes) {
  int64_t ranks = nodes * job->ranks_per_node;
  sp_placement layout = {job->lanes > ranks ? job->lanes : ranks, nodes, job->ranks_per_node};
  return sp_forecast_step(job->bench, job->table, &layout, &job->link, batch_of(job, nodes), job->accumulate);
}

static void line(sp_text *out, const char *what, const char *value, const char *note) {
  sp_text_add(out, "  %-34s %10s  %s\n", what, value, note);
}

static const char *milliseconds(double seconds, char buffer[32]) {
  snprintf(buffer, 32, "%.4g ms", 1e3 * seconds);
  return buffer;
}

void sp_forecast_describe(const sp_forecast_job *job, int64_t nodes, sp_text *out) {
  char a[SP_TEXT_COUNTED], b[SP_TEXT_COUNTED], c[SP_TEXT_COUNTED];
  sp_forecast f = predict(job, nodes);
  sp_text_add(out, "prediction for %s with %s%s, %s per step\n", sp_text_counted(nodes, "node", a),
              sp_text_counted(job->ranks_per_node, "rank", b), nodes == 1 ? "" : " each",
              sp_text_counted(step_rows(job, nodes), "row", c));
  line(out, "step", milliseconds(f.step, a), "");
  line(out, "computing", milliseconds(f.busy, a), "data, passes, update");
  snprintf(a, sizeof a, "%.1f %%", 100 * f.efficiency);
  line(out, "efficiency", a, "computing / step");
  line(out, "rows per second", sp_text_count((int64_t)f.rows_second, a), "");
  if (nodes == 1) return;
  line(out, "sent by a node per step, at most", sp_text_bytes((int64_t)f.wire_bytes, a), "or received");
  line(out, "on its link, at least", milliseconds(f.wire_bytes / job->link.bandwidth, a), "");
}

void sp_forecast_table(const sp_forecast_job *job, int64_t most, sp_text *out) {
  char batch[32], step[32], rows[32], bytes[32];
  double alone = predict(job, 1).rows_second;
  sp_text_add(out, "| %5s | %6s | %10s | %10s | %12s | %8s | %10s | %11s |\n", "nodes", "ranks", "rows", "ms/step",
              "rows/s", "speed-up", "efficiency", "sent/node");
  sp_text_add(out,
              "| ----: | -----: | ---------: | ---------: | -----------: | -------: | ---------: | ----------: |\n");
  for (int64_t nodes = 1; nodes <= most && batch_of(job, nodes) >= (double)(nodes * job->ranks_per_node); nodes *= 2) {
    sp_forecast f = predict(job, nodes);
    snprintf(step, sizeof step, "%.*f", f.step < 0.01 ? 3 : f.step < 1 ? 1 : 0, 1e3 * f.step);
    sp_text_add(out, "| %5lld | %6lld | %10s | %10s | %12s | %8.1f | %8.1f %% | %11s |\n", (long long)nodes,
                (long long)(nodes * job->ranks_per_node), sp_text_count(step_rows(job, nodes), batch), step,
                sp_text_count((int64_t)f.rows_second, rows), f.rows_second / alone, 100 * f.efficiency,
                sp_text_bytes((int64_t)f.wire_bytes, bytes));
  }
}
