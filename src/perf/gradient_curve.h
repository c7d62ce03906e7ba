// SPDX-License-Identifier: Apache-2.0
// Timing a rank's gradient for several numbers of rows, with the passes of the network itself.
#ifndef SP_PERF_GRADIENT_CURVE_H
#define SP_PERF_GRADIENT_CURVE_H

#include "comm/comm.h"
#include "model/network.h"

enum { SP_CURVE_POINTS = 32 };

/// Times at several numbers of rows, because small matrices are multiplied at a different speed than large ones.
typedef struct sp_curve {
  int points;
  struct {
    double rows, forward, backward;  ///< seconds; backward with the loss
  } point[SP_CURVE_POINTS];          ///< rows ascending
} sp_curve;

/// Time passes of 1, 2, 4, … and `most` rows on all ranks at once, each for `seconds`. Prepares these sizes in the
/// network. Collective: yes. Errors: the same on all ranks.
sp_status sp_curve_measure(const sp_comm *comm, sp_network *network, const sp_data_form *data, sp_dtype precision,
                           int64_t most, double seconds, sp_curve *out);

/// Compute the seconds of the passes for a number of rows: interpolated linearly between two sizes, and extrapolated at
/// the speed of the last size.
void sp_curve_seconds(const sp_curve *curve, double rows, double *forward, double *backward);

#endif
