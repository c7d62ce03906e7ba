// SPDX-License-Identifier: Apache-2.0
// step: factor^floor(t / every), StepLR; exponential: factor^(t / every), ExponentialLR if t / every is an integer;
// multistep: factor^(number of `at` reached), MultiStepLR. The classes are those of torch.optim.lr_scheduler.
#include <math.h>

#include "compute/power.h"
#include "optim/schedule_rows.h"

typedef struct every_options {
  sp_interval every;
  double factor;
} every_options;

static const sp_option step_table[] = {{SP_SCHEDULE_OPTION(every_options, INTERVAL, every), .preset = "10 epochs",
                                        .help = "interval between two reductions"},
                                       {SP_SCHEDULE_OPTION(every_options, REAL, factor), .preset = "0.1",
                                        .range = "(0, 1]", .help = "factor of each reduction"},
                                       {0}};

static double step(const void *given, double t, double length, const sp_schedule_place *place) {
  const every_options *o = given;
  (void)length;
  return sp_power(o->factor, floor(t / sp_schedule_steps(o->every, place)));
}

const sp_schedule sp_schedule_step = {
    .about = {"step", "multiplied by a factor at equal intervals", step_table, sizeof(every_options)},
    .factor = step,
};

static const sp_option exponential_table[] = {
    {SP_SCHEDULE_OPTION(every_options, INTERVAL, every), .preset = "1 epoch",
     .help = "interval in which the learning rate decreases by the factor, gradually in each step"},
    {SP_SCHEDULE_OPTION(every_options, REAL, factor), .preset = "0.95", .range = "(0, 1]",
     .help = "factor of each interval"},
    {0}};

static double exponential(const void *given, double t, double length, const sp_schedule_place *place) {
  const every_options *o = given;
  (void)length;
  return sp_power(o->factor, t / sp_schedule_steps(o->every, place));
}

const sp_schedule sp_schedule_exponential = {
    .about = {"exponential", "decreases by the same factor each step", exponential_table, sizeof(every_options)},
    .factor = exponential,
};

typedef struct multistep_options {
  sp_integers at;
  enum { UNIT_EPOCHS, UNIT_STEPS } unit;
  double factor;
} multistep_options;

static const sp_option multistep_table[] = {{SP_SCHEDULE_OPTION(multistep_options, INTS, at), .range = "[1, inf)",
                                             .help = "times at which the learning rate is reduced, ascending"},
                                            {SP_SCHEDULE_OPTION(multistep_options, CHOICE, unit), .preset = "epochs",
                                             .range = "epochs|steps", .help = "unit of `at`"},
                                            {SP_SCHEDULE_OPTION(multistep_options, REAL, factor), .preset = "0.1",
                                             .range = "(0, 1]", .help = "factor of each reduction"},
                                            {0}};

static double multistep(const void *given, double t, double length, const sp_schedule_place *place) {
  const multistep_options *o = given;
  (void)length;
  double unit = o->unit == UNIT_EPOCHS ? (double)place->epoch_steps : 1;
  int64_t reached = 0;
  while (reached < o->at.count && t >= (double)o->at.item[reached] * unit) reached++;
  return sp_power(o->factor, (double)reached);
}

static sp_status multistep_check(const void *given, const char *path) {
  const multistep_options *o = given;
  for (int64_t i = 1; i < o->at.count; i++) {
    if (o->at.item[i] > o->at.item[i - 1]) continue;
    return sp_fail(SP_ERR_CONFIG, "%s.at: expected ascending numbers, got %lld after %lld", path,
                   (long long)o->at.item[i], (long long)o->at.item[i - 1]);
  }
  return SP_OK;
}

const sp_schedule sp_schedule_multistep = {
    .about = {"multistep", "multiplied by a factor at given times", multistep_table, sizeof(multistep_options)},
    .factor = multistep,
    .check = multistep_check,
};
