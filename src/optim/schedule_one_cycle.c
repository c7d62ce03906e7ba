// SPDX-License-Identifier: Apache-2.0
// one_cycle: increases along half a cosine to the rule's learning rate, then decreases. OneCycleLR.
#include <math.h>

#include "compute/cosine.h"
#include "optim/schedule_rows.h"

typedef struct one_cycle_options {
  double peak, start, end;
  sp_interval length;
} one_cycle_options;

static const sp_option one_cycle_table[] = {
    {SP_SCHEDULE_OPTION(one_cycle_options, REAL, peak), .preset = "0.3", .range = "(0, 1)",
     .help = "fraction of the length at which the learning rate reaches its maximum, the rule's learning rate"},
    {SP_SCHEDULE_OPTION(one_cycle_options, REAL, start), .preset = "0.04", .range = "(0, 1]",
     .help = "initial fraction of the learning rate"},
    {SP_SCHEDULE_OPTION(one_cycle_options, REAL, end), .preset = "4.0e-6", .range = "[0, 1]",
     .help = "final fraction of the learning rate"},
    SP_SCHEDULE_LENGTH(one_cycle_options),
    {0}};

static double between(double from, double to, double part) {
  return to + (from - to) * (1 + sp_cos_turns(part / 2)) / 2;
}

static double one_cycle(const void *given, double t, double length, const sp_schedule_place *place) {
  const one_cycle_options *o = given;
  length = sp_schedule_length(o->length, length, place);
  double peak = o->peak * length - 1, last = length - 1;
  if (t <= peak) return between(o->start, 1, peak > 0 ? t / peak : 1);
  return between(1, o->end, last > peak ? fmin((t - peak) / (last - peak), 1) : 1);
}

const sp_schedule sp_schedule_one_cycle = {
    .about = {"one_cycle", "increases to the rule's learning rate, then decreases far below it, over the run",
              one_cycle_table, sizeof(one_cycle_options)},
    .factor = one_cycle,
};
