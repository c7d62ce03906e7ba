// SPDX-License-Identifier: Apache-2.0
// The update of statistics: tensors, such as running means, that are not trained. Independent of ranks.
#ifndef SP_OPTIM_STATISTICS_H
#define SP_OPTIM_STATISTICS_H

#include "base/dtype.h"
#include "model/parameters.h"

/// Update the statistics among values [first, first + n) of the vector, in place:
///     s <- s + momentum (scale sum - s)
/// with the momentum of the tensor, computed in float64 and rounded once. `scale` is 1 / rows, so scale * sum is the mean
/// over the rows of the batch of what the layer observed. The rule, its learning rate and schedule, weight decay, L1,
/// clipping and groups have no part in it. Values between tensors keep their values.
///
/// Source: the running statistics of torch.nn.BatchNorm1d (PyTorch 2), whose momentum this is.
/// Shapes:     p, sum: (n), disjoint, of the precision, beginning with value `first`; n may be 0.
/// Collective: no.  Ownership: borrows all, allocates nothing.
/// Same bits:  element-wise, so the result does not depend on how a vector is cut.
/// Errors:     none; the caller has checked that sums are finite.
void sp_statistics_update(const sp_parameter_table *table, sp_dtype precision, double scale, int64_t first, int64_t n,
                          void *p, const void *sum);

#endif
