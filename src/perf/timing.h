// SPDX-License-Identifier: Apache-2.0
// Timing what all ranks do at once: medians of samples that begin together.
#ifndef SP_PERF_TIMING_H
#define SP_PERF_TIMING_H

#include "comm/comm.h"

/// Something that takes time.
typedef struct sp_job {
  void (*run)(void *context);
  void *context;
} sp_job;

/// Seconds one run of the job takes this rank while all ranks run theirs: the median of samples that fill about
/// `budget` seconds and begin together. Collective: yes.
double sp_time_job(const sp_comm *comm, sp_job job, double budget);

/// The median of values, which are put in order. count >= 1.
double sp_median(double *value, int64_t count);

/// The mean over the ranks. Collective: yes.
double sp_comm_mean(const sp_comm *comm, double mine);

#endif
