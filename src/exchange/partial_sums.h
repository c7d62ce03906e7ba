// SPDX-License-Identifier: Apache-2.0
// The partial sums of a rank: subtrees of its own lanes, added up as the lanes are processed.
#ifndef SP_EXCHANGE_PARTIAL_SUMS_H
#define SP_EXCHANGE_PARTIAL_SUMS_H

#include "exchange/transport.h"

/// The stack of partial sums of a rank that hosts these lanes: its greatest depth, and its content at the end, either
/// with all subtrees added up or, if `lazy`, without the additions that the last lane makes possible.
typedef struct sp_stack {
  int deepest, depth;
  sp_subtree range[SP_MAX_SUBTREES + 1];
} sp_stack;
sp_stack sp_stack_of(int64_t lanes, sp_subtree hosted, bool lazy);

/// Returns the bytes from one partial sum to the next. Not a power of two; see comm/window.c.
int64_t sp_partial_stride(int64_t blocks, sp_dtype precision);

/// Compute the bytes of a rank's partial sums. Errors: SP_ERR_MEMORY.
sp_status sp_partials_memory(const sp_exchange *x, sp_subtree hosted, int64_t *bytes);

static inline char *sp_partial(const sp_exchange *x, int index) { return x->gradients + index * x->stride; }

/// Add the next lane's gradient, which is complete on top of the stack, to the subtrees that it completes. Returns
/// whether it was the last lane.
bool sp_partial_push(sp_exchange *x);

#endif
