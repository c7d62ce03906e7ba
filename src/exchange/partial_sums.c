// SPDX-License-Identifier: Apache-2.0
// The parts of a rank's lanes.
#include "exchange/partial_sums.h"

#include "base/memory.h"

int64_t sp_partials(const sp_exchange *x, sp_subtree hosted) {
  sp_subtree range[SP_MAX_SUBTREES];
  if (x->job.each_lane) return hosted.end - hosted.begin;
  return sp_lanes_subtrees(x->job.lanes, hosted.begin, hosted.end, range);
}

sp_subtree sp_partial_range(const sp_exchange *x, sp_subtree hosted, int64_t index) {
  sp_subtree range[SP_MAX_SUBTREES];
  if (x->job.each_lane) return (sp_subtree){hosted.begin + index, hosted.begin + index + 1};
  sp_lanes_subtrees(x->job.lanes, hosted.begin, hosted.end, range);
  return range[index];
}

int64_t sp_partial_stride(int64_t blocks, sp_dtype precision) {
  enum { PAGE = 4096 };
  return blocks * SP_BLOCK * (int64_t)sp_dtype_size(precision) + PAGE;
}

sp_status sp_partials_memory(const sp_exchange *x, sp_subtree hosted, int64_t *bytes) {
  if (sp_multiply_size(sp_partials(x, hosted), x->stride, bytes)) return SP_OK;
  return sp_fail(SP_ERR_MEMORY, "gradients: larger than can be addressed");
}

sp_status sp_partials_create(sp_exchange *x) {
  x->parts = sp_partials(x, x->hosted);
  SP_TRY(sp_allocate(x->parts, sizeof *x->part_end, "parts of the lanes", &x->part_end));
  for (int64_t i = 0; i < x->parts; i++) x->part_end[i] = sp_partial_range(x, x->hosted, i).end - x->hosted.begin;
  return SP_OK;
}
