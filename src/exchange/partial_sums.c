// SPDX-License-Identifier: Apache-2.0
// The partial sums of a rank.
#include "exchange/partial_sums.h"

#include "base/memory.h"
#include "compute/elementwise.h"

/// Push a lane's gradient onto the stack. Returns the number of additions that it makes possible.
static int push(int64_t lanes, sp_subtree *range, int *depth, int64_t lane) {
  int additions = 0, top = *depth;
  sp_subtree both = {lane, lane + 1};
  while (top > 0) {
    both.begin = range[top - 1].begin;
    if (!sp_lanes_is_subtree(lanes, both)) break;
    top--;
    additions++;
  }
  range[(*depth)++] = (sp_subtree){lane, lane + 1};
  return additions;
}

static void merge(sp_subtree *range, int *depth) {
  (*depth)--;
  range[*depth - 1].end = range[*depth].end;
}

sp_stack sp_stack_of(int64_t lanes, sp_subtree hosted, bool lazy) {
  sp_stack s = {0};
  for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
    int additions = push(lanes, s.range, &s.depth, lane);
    if (s.depth > s.deepest) s.deepest = s.depth;
    for (; additions > 0 && !(lazy && lane == hosted.end - 1); additions--) merge(s.range, &s.depth);
  }
  return s;
}

int64_t sp_partial_stride(int64_t blocks, sp_dtype precision) {
  enum { PAGE = 4096 };
  return blocks * SP_BLOCK * (int64_t)sp_dtype_size(precision) + PAGE;
}

int64_t sp_partial_vectors(const sp_exchange *x, sp_subtree hosted) {
  return sp_in_lockstep(x) ? hosted.end - hosted.begin : sp_stack_of(x->job.lanes, hosted, x->transport->lazy).deepest;
}

sp_status sp_partials_memory(const sp_exchange *x, sp_subtree hosted, int64_t *bytes) {
  if (sp_multiply_size(sp_partial_vectors(x, hosted), x->stride, bytes)) return SP_OK;
  return sp_fail(SP_ERR_MEMORY, "gradients: larger than can be addressed");
}

bool sp_partial_push(sp_exchange *x) {
  int64_t lane = x->next_lane++;
  int additions = push(x->job.lanes, x->range, &x->depth, lane);
  bool last = x->next_lane == x->hosted.end;
  for (; additions > 0 && !(last && x->transport->lazy); additions--) {
    sp_add(x->job.precision, x->job.blocks * SP_BLOCK, sp_partial(x, x->depth - 2), sp_partial(x, x->depth - 1));
    merge(x->range, &x->depth);
  }
  return last;
}

// --- lockstep -----------------------------------------------------------------------------------------------------

/// The same additions as those of sp_partial_push, for values [begin, end) of all lanes.
static void add_values(const sp_exchange *x, int64_t begin, int64_t end) {
  sp_subtree range[SP_MAX_SUBTREES + 1];
  size_t skip = (size_t)begin * sp_dtype_size(x->job.precision);
  int depth = 0;
  for (int64_t lane = x->hosted.begin; lane < x->hosted.end; lane++) {
    int additions = push(x->job.lanes, range, &depth, lane);
    for (; additions > 0 && !(lane == x->hosted.end - 1 && x->transport->lazy); additions--) {
      int into = (int)(range[depth - 2].begin - x->hosted.begin),
          from = (int)(range[depth - 1].begin - x->hosted.begin);
      sp_add(x->job.precision, end - begin, sp_partial(x, into) + skip, sp_partial(x, from) + skip);
      merge(range, &depth);
    }
  }
}

int64_t sp_partials_add(sp_exchange *x, int64_t first) {
  int64_t begin = first * SP_BLOCK;
  if (begin < x->added) {
    add_values(x, begin, x->added);
    x->added = begin;
  }
  return x->added / SP_BLOCK;
}

void sp_partials_complete(sp_exchange *x) {
  sp_stack s = sp_stack_of(x->job.lanes, x->hosted, x->transport->lazy);
  sp_partials_add(x, 0);
  for (int i = 0; i < s.depth; i++) x->range[i] = s.range[i];
  x->depth = s.depth;
  x->next_lane = x->hosted.end;
}
