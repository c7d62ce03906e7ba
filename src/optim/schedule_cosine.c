// SPDX-License-Identifier: Apache-2.0
// cosine: end + (1 - end) (1 + cos(pi t / T)) / 2. CosineAnnealingLR and, with a period, CosineAnnealingWarmRestarts.
#include <math.h>

#include "compute/cosine.h"
#include "optim/schedule_rows.h"

typedef struct cosine_options {
  double end;
  sp_interval period;
  double multiplier;
  sp_interval length;
} cosine_options;

static const sp_option cosine_table[] = {
    {SP_SCHEDULE_OPTION(cosine_options, REAL, end), .preset = "0", .range = "[0, 1]",
     .help = "final fraction of the learning rate"},
    {SP_SCHEDULE_OPTION(cosine_options, INTERVAL, period), .preset = "none", .range = "none",
     .help = "interval between restarts; none: no restarts"},
    {SP_SCHEDULE_OPTION(cosine_options, REAL, multiplier), .preset = "1", .range = "[1, 1000]",
     .help = "ratio of the lengths of successive periods: 1, or at least 1.1"},
    SP_SCHEDULE_LENGTH(cosine_options),
    {0}};

static double cosine(const void *given, double t, double length, const sp_schedule_place *place) {
  const cosine_options *o = given;
  length = sp_schedule_length(o->length, length, place);
  double period = o->period.value > 0 ? sp_schedule_steps(o->period, place) : length;
  while (o->period.value > 0 && o->multiplier > 1 && t >= period) {
    t -= period;
    period *= o->multiplier;
  }
  if (o->period.value > 0 && o->multiplier == 1) t = fmod(t, period);
  return o->end + (1 - o->end) * (1 + sp_cos_turns(fmin(t / period, 1) / 2)) / 2;
}

static sp_status cosine_check(const void *given, const char *path) {
  const cosine_options *o = given;
  const double least = 1.1;  // limits the number of past periods, which are counted at every step
  if (o->multiplier > 1 && o->multiplier < least) {
    return sp_fail(SP_ERR_CONFIG, "%s.multiplier: expected 1 or at least %g, got %g", path, least, o->multiplier);
  }
  if (o->period.value > 0 && o->length.value > 0) {
    return sp_fail(SP_ERR_CONFIG,
                   "%s.length: cannot be combined with a period, whose restarts continue to the end of the run", path);
  }
  return SP_OK;
}

const sp_schedule sp_schedule_cosine = {
    .about = {"cosine", "decreases along half a cosine, once or with restarts", cosine_table, sizeof(cosine_options)},
    .factor = cosine,
    .check = cosine_check,
};
