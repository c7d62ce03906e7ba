// SPDX-License-Identifier: Apache-2.0
// How long a rank takes for the gradient of a number of rows: the network's own passes, timed at several sizes.
#ifndef SP_PERF_GRADIENT_CURVE_H
#define SP_PERF_GRADIENT_CURVE_H

#include "comm/comm.h"
#include "model/network.h"

enum { SP_CURVE_POINTS = 32 };

/// Times grow with the rows: a small matrix is multiplied at another speed than a large one.
typedef struct sp_curve {
  int points;
  struct {
    double rows, forward, backward;  ///< seconds; backward with the loss
  } point[SP_CURVE_POINTS];          ///< rows ascending
} sp_curve;

/// Time passes of 1, 2, 4, … and `most` rows, on all ranks at once, each for some seconds. Prepares those sizes in the network.
/// Collective: yes. Errors: agreed on.
sp_status sp_curve_measure(const sp_comm *comm, sp_network *network, const sp_network_data *data, sp_dtype precision,
                           int64_t most, double seconds, sp_curve *out);

/// Seconds of the passes of so many rows: between two sizes on the line through them, beyond the last at its speed.
void sp_curve_seconds(const sp_curve *curve, double rows, double *forward, double *backward);

#endif
