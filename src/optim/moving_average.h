// SPDX-License-Identifier: Apache-2.0
// The exponential moving average of the parameters, which evaluation may use in place of the parameters. Independent of
// ranks and tensors.
#ifndef SP_OPTIM_MOVING_AVERAGE_H
#define SP_OPTIM_MOVING_AVERAGE_H

#include <stdint.h>

#include "base/dtype.h"

/// Update the average of a range of the parameter vector after a step, in place:
///     average <- decay average + (1 - decay) p
/// computed as average + (1 - decay) (p - average) in float64 and rounded once, so that the average of constant
/// parameters is constant. An average below the smallest normal number becomes 0.
///
/// Source: Polyak & Juditsky 1992; with a decay as in PyTorch 2, torch.optim.swa_utils.get_ema_multi_avg_fn (lerp).
/// Shapes:     average, p: (n), disjoint, of the precision, SP_FLOAT32 or SP_FLOAT64; n may be 0. decay in (0, 1).
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut.
/// Errors:     none.
void sp_average_update(sp_dtype precision, double decay, int64_t n, void *average, const void *p);

#endif
