// SPDX-License-Identifier: Apache-2.0
// Lanes in lockstep.
#include "train/lockstep.h"

#include <stdlib.h>
#include <string.h>

#include "base/fiber.h"
#include "base/memory.h"

/// A lane, paused in sp_lockstep_add or at its end.
typedef struct lane {
  sp_lockstep *all;
  int64_t number;
  sp_fiber *fiber;
  int64_t n;
  double *sums;
} lane;

struct sp_lockstep {
  int64_t lanes;
  lane *lane;
  double *mine, *total;  // (lanes, most), (most)
  const sp_lockstep_work *work;
};

static void run_lane(void *context) {
  const lane *l = context;
  l->all->work->run(l->all->work->context, l->number);
}

/// Add the sums of all lanes, which have paused.
static void add(sp_lockstep *l) {
  int64_t n = l->lane[0].n;
  for (int64_t i = 0; i < l->lanes; i++) memcpy(l->mine + i * n, l->lane[i].sums, (size_t)n * sizeof *l->mine);
  l->work->add(l->work->context, n, l->mine, l->total);
  for (int64_t i = 0; i < l->lanes; i++) memcpy(l->lane[i].sums, l->total, (size_t)n * sizeof *l->total);
}

void sp_lockstep_run(sp_lockstep *l, const sp_lockstep_work *work) {
  l->work = work;
  if (l->lanes == 1) {
    work->run(work->context, 0);
    return;
  }
  bool paused = false;
  for (int64_t i = 0; i < l->lanes; i++) paused = sp_fiber_start(l->lane[i].fiber, run_lane, &l->lane[i]);
  while (paused) {
    add(l);
    for (int64_t i = 0; i < l->lanes; i++) paused = sp_fiber_resume(l->lane[i].fiber);
  }
}

void sp_lockstep_add(sp_lockstep *l, int64_t number, int64_t n, double *sums) {
  lane *mine = &l->lane[number];
  mine->n = n;
  mine->sums = sums;
  if (l->lanes > 1) {
    sp_fiber_pause(mine->fiber);
  } else {
    add(l);
  }
}

// --- creation -----------------------------------------------------------------------------------------------------

static sp_status allocate(sp_lockstep *l, int64_t lanes, int64_t most) {
  SP_TRY(sp_allocate(lanes, sizeof *l->lane, "lanes", &l->lane));
  SP_TRY(sp_allocate(lanes * most, sizeof *l->mine, "sums of lanes", &l->mine));
  SP_TRY(sp_allocate(most, sizeof *l->total, "sums of lanes", &l->total));
  for (int64_t i = 0; i < lanes; i++) {
    l->lane[i] = (lane){.all = l, .number = i};
    if (lanes > 1) SP_TRY(sp_fiber_create(&l->lane[i].fiber));
    l->lanes = i + 1;
  }
  return SP_OK;
}

sp_status sp_lockstep_create(int64_t lanes, int64_t most, sp_lockstep **out) {
  sp_lockstep *l;
  SP_TRY(sp_allocate(1, sizeof *l, "lanes", &l));
  sp_status status = allocate(l, lanes, most);
  if (status == SP_OK) {
    *out = l;
  } else {
    sp_lockstep_free(l);
  }
  return status;
}

void sp_lockstep_free(sp_lockstep *l) {
  if (!l) return;
  for (int64_t i = 0; i < l->lanes; i++) sp_fiber_free(l->lane[i].fiber);
  free(l->lane);
  free(l->mine);
  free(l->total);
  free(l);
}
