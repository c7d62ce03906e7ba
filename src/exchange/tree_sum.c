// SPDX-License-Identifier: Apache-2.0
// The sum of parts along the lane tree.
#include "exchange/tree_sum.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/elementwise.h"

typedef struct planner {
  sp_tree_sum *sum;
  int32_t *scratch_of;  // of each part, or -1
  bool *taken;          // whether each scratch is in use
} planner;

static int32_t take(planner *p) {
  int32_t i = 0;
  while (p->taken[i]) i++;
  p->taken[i] = true;
  return i;
}

static void plan_addition(void *context, int64_t into, int64_t from) {
  planner *p = context;
  if (p->scratch_of[into] < 0) p->scratch_of[into] = take(p);
  if (p->scratch_of[from] >= 0) p->taken[p->scratch_of[from]] = false;
  p->sum->addition[p->sum->additions++] = (sp_addition){(int32_t)into, (int32_t)from, p->scratch_of[into]};
}

/// The result of the last addition is not written to scratch memory.
static void leave_last(sp_tree_sum *sum) {
  if (sum->additions > 0) sum->addition[sum->additions - 1].scratch = -1;
  for (int64_t i = 0; i < sum->additions; i++) {
    int32_t scratch = sum->addition[i].scratch;
    if (scratch >= sum->scratches) sum->scratches = scratch + 1;
  }
}

sp_status sp_tree_sum_create(int64_t lanes, const sp_subtree *parts, int64_t count, sp_tree_sum *out) {
  sp_tree_sum sum = {.parts = count};
  planner p = {.sum = &sum};
  sp_status status = sp_allocate(count, sizeof *sum.addition, "additions", &sum.addition);
  if (status == SP_OK) status = sp_allocate(count, sizeof *p.scratch_of, "additions", &p.scratch_of);
  if (status == SP_OK) status = sp_allocate(count, sizeof *p.taken, "additions", &p.taken);
  if (status == SP_OK) {
    for (int64_t i = 0; i < count; i++) p.scratch_of[i] = -1;
    sp_lanes_sum_tree(lanes, parts, count, plan_addition, &p);
    leave_last(&sum);
    *out = sum;
  } else {
    free(sum.addition);
  }
  free(p.scratch_of);
  free(p.taken);
  return status;
}

void sp_tree_sum_free(sp_tree_sum *sum) {
  free(sum->addition);
  *sum = (sp_tree_sum){0};
}

void sp_tree_sum_run(const sp_tree_sum *sum, sp_dtype precision, int64_t n, void *const *value) {
  for (int64_t i = 0; i < sum->additions; i++) {
    sp_add(precision, n, value[sum->addition[i].into], value[sum->addition[i].from]);
  }
}

sp_addends sp_tree_sum_but_last(const sp_tree_sum *sum, sp_dtype precision, int64_t n, void **value, void *scratch) {
  size_t bytes = (size_t)n * sp_dtype_size(precision);
  if (sum->additions == 0) return (sp_addends){value[0], NULL};
  const sp_addition *last = &sum->addition[sum->additions - 1];
  for (const sp_addition *a = sum->addition; a < last; a++) {
    void *out = (char *)scratch + (size_t)a->scratch * bytes;
    sp_sum(precision, n, value[a->into], value[a->from], out);
    value[a->into] = out;
  }
  return (sp_addends){value[last->into], value[last->from]};
}
