// SPDX-License-Identifier: Apache-2.0
// Timing jobs that all ranks run at the same time: medians of samples that begin together.
#ifndef SP_PERF_TIMING_H
#define SP_PERF_TIMING_H

#include "comm/comm.h"

/// A function to time.
typedef struct sp_job {
  void (*run)(void *context);
  void *context;
} sp_job;

/// Returns the seconds that the job takes on this rank while all ranks run theirs: the median of samples that take
/// about `budget` seconds in total and begin together. Collective: yes.
double sp_time_job(const sp_comm *comm, sp_job job, double budget);

/// Returns the median of values, and sorts them. count >= 1.
double sp_median(double *value, int64_t count);

/// Returns the mean over the ranks. Collective: yes.
double sp_comm_mean(const sp_comm *comm, double mine);

#endif
