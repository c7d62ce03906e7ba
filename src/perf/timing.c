// SPDX-License-Identifier: Apache-2.0
// Timing jobs that all ranks run at the same time.
#include "perf/timing.h"

#include <stdlib.h>

#include "base/files.h"

enum { SAMPLES = 15, FEWEST = 3 };
static const double SAMPLE_SECONDS = 0.002;  // minimum, so that the clock and the start have little effect

static double time_runs(const sp_comm *comm, sp_job job, int64_t runs) {
  MPI_Barrier(comm->world);
  double start = sp_clock();
  for (int64_t i = 0; i < runs; i++) job.run(job.context);
  return (sp_clock() - start) / (double)runs;
}

/// Returns the time of a job on the slowest rank, after a warm-up; short jobs are repeated until they can be timed.
static double estimate(const sp_comm *comm, sp_job job) {
  double seconds = 0;
  job.run(job.context);
  for (int64_t runs = 1; runs == 1 || (seconds * (double)runs < SAMPLE_SECONDS / 4 && runs < 1 << 20); runs *= 4) {
    double mine = time_runs(comm, job, runs);
    MPI_Allreduce(&mine, &seconds, 1, MPI_DOUBLE, MPI_MAX, comm->world);
  }
  return seconds > 1e-9 ? seconds : 1e-9;
}

double sp_time_job(const sp_comm *comm, sp_job job, double budget) {
  double once = estimate(comm, job), sample[SAMPLES];
  double wanted = budget / SAMPLES > SAMPLE_SECONDS ? budget / SAMPLES : SAMPLE_SECONDS;
  int64_t runs = once < wanted ? (int64_t)(wanted / once) : 1;
  int samples = once * FEWEST > budget ? FEWEST : once * SAMPLES > budget ? (int)(budget / once) : SAMPLES;
  for (int i = 0; i < samples; i++) sample[i] = time_runs(comm, job, runs);
  return sp_median(sample, samples);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double sp_median(double *value, int64_t count) {
  qsort(value, (size_t)count, sizeof *value, by_value);
  return (value[(count - 1) / 2] + value[count / 2]) / 2;
}

double sp_comm_mean(const sp_comm *comm, double mine) {
  double sum;
  MPI_Allreduce(&mine, &sum, 1, MPI_DOUBLE, MPI_SUM, comm->world);
  return sum / comm->size;
}
