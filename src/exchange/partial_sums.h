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

/// Returns whether the lanes of a rank run in lockstep. Then each lane has a vector, and a partial sum at the end of a
/// step is in the vector of its first lane; otherwise the vectors are a stack.
static inline bool sp_in_lockstep(const sp_exchange *x) { return x->job.reduce > 0; }

/// Returns the number of vectors of a rank that hosts these lanes, and the vector that holds part `index` at the end of a
/// step.
int64_t sp_partial_vectors(const sp_exchange *x, sp_subtree hosted);
static inline int64_t sp_partial_vector(const sp_exchange *x, sp_subtree hosted, sp_subtree part, int index) {
  return sp_in_lockstep(x) ? part.begin - hosted.begin : index;
}

/// Compute the bytes of a rank's partial sums. Errors: SP_ERR_MEMORY.
sp_status sp_partials_memory(const sp_exchange *x, sp_subtree hosted, int64_t *bytes);

static inline char *sp_partial(const sp_exchange *x, int index) { return x->gradients + index * x->stride; }

/// Returns part `index` of this rank at the end of a step.
static inline char *sp_partial_sum(const sp_exchange *x, int index) {
  return x->gradients + sp_partial_vector(x, x->hosted, x->range[index], index) * x->stride;
}

/// Add the next lane's gradient, which is complete on top of the stack, to the subtrees that it completes. Returns
/// whether it was the last lane.
bool sp_partial_push(sp_exchange *x);

/// In lockstep, add up the gradients of this rank's lanes from block `first` on, unless they are already. Returns the block
/// from which on they are added up.
int64_t sp_partials_add(sp_exchange *x, int64_t first);

/// In lockstep, add up all gradients of this rank's lanes, and set the partial sums.
void sp_partials_complete(sp_exchange *x);

#endif
