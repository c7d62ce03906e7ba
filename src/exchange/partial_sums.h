// SPDX-License-Identifier: Apache-2.0
// The gradients that a rank computes: a vector for each part of its lanes. The parts are the maximal subtrees of the lane
// tree within its lanes, or, with job.each_lane, the lanes.
#ifndef SP_EXCHANGE_PARTIAL_SUMS_H
#define SP_EXCHANGE_PARTIAL_SUMS_H

#include "exchange/transport.h"

/// Returns the number of parts of a rank that hosts these lanes, and part `index` of them.
int64_t sp_partials(const sp_exchange *x, sp_subtree hosted);
sp_subtree sp_partial_range(const sp_exchange *x, sp_subtree hosted, int64_t index);

/// Returns the bytes from one vector to the next. Not a power of two; see comm/window.c.
int64_t sp_partial_stride(int64_t blocks, sp_dtype precision);

/// Compute the bytes of a rank's vectors. Errors: SP_ERR_MEMORY.
sp_status sp_partials_memory(const sp_exchange *x, sp_subtree hosted, int64_t *bytes);

/// Set x->parts and x->part_end, which the caller frees. Errors: SP_ERR_MEMORY.
sp_status sp_partials_create(sp_exchange *x);

/// Returns the vector of part `index` of this rank.
static inline char *sp_partial(const sp_exchange *x, int64_t index) { return x->gradients + index * x->stride; }

#endif
