// SPDX-License-Identifier: Apache-2.0
// The registry of schedules, the warm-up, and the time within a schedule.
#include "optim/schedule.h"

#include <math.h>
#include <stdio.h>

#include "compute/power.h"

const sp_variant *const sp_schedules[] = {
#define SP_SCHEDULE(name) &sp_schedule_##name.about,
#include "optim/schedule_list.h"
#undef SP_SCHEDULE
    NULL};

#define AT(member) offsetof(sp_schedule_options, member)
const sp_option sp_schedule_fields[] = {
    {"kind", SP_OPTION_VARIANT, AT(kind), "constant", .flags = SP_OPTION_INLINE, .variants = sp_schedules,
     .help = "learning rate schedule, given by name: `schedule: {cosine: {end: 0.01}, warmup: 1 epoch}`"},
    {"warmup", SP_OPTION_INTERVAL, AT(warmup), "none", "none", .help = "length of the warm-up"},
    {"warmup_from", SP_OPTION_REAL, AT(warmup_from), "0.01", "[0, 1]",
     .help = "initial learning rate of the warm-up, as a fraction of the schedule's first learning rate; 0: the first "
             "of n steps has 1/n of it"},
    {"warmup_shape", SP_OPTION_CHOICE, AT(warmup_shape), "linear", "linear|exponential",
     .help =
         "increase of the learning rate in each step: linear, by a constant amount; exponential, by a constant factor"},
    {0}};

static const sp_schedule *schedule_of(const sp_schedule_options *options) {
  return (const sp_schedule *)options->kind.type;
}

double sp_schedule_steps(sp_interval interval, const sp_schedule_place *place) {
  return interval.unit == SP_EPOCHS ? interval.value * (double)place->epoch_steps : interval.value;
}

static double warmup_factor(const sp_schedule_options *options, double step, double warmup) {
  double from = options->warmup_from, part = step / warmup;
  if (from == 0) return (step + 1) / warmup;
  return options->warmup_shape == SP_WARMUP_LINEAR ? from + (1 - from) * part : sp_power(from, 1 - part);
}

double sp_schedule_factor(const sp_schedule_options *options, const sp_schedule_place *place) {
  double warmup = sp_schedule_steps(options->warmup, place), step = (double)place->step;
  double length = fmax((double)place->steps - warmup, 1), t = fmax(step - warmup, 0);
  double factor = schedule_of(options)->factor(options->kind.options, t, length, place);
  return step < warmup ? factor * warmup_factor(options, step, warmup) : factor;
}

bool sp_schedule_is_constant(const sp_schedule_options *options) {
  return schedule_of(options)->constant && options->warmup.value == 0;
}

static sp_status refuse_minutes(sp_interval interval, const char *path, const char *name) {
  if (interval.value == 0 || interval.unit != SP_MINUTES) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "%s.%s: expected steps or epochs, got minutes", path, name);
}

sp_status sp_schedule_check(const sp_schedule_options *options) {
  const sp_selected *kind = &options->kind;
  const char *path = kind->path;
  char own[256];
  snprintf(own, sizeof own, "%s.%s", path, kind->type->name);
  SP_TRY(refuse_minutes(options->warmup, path, "warmup"));
  for (const sp_option *option = kind->type->options; option && option->name; option++) {
    if (option->kind != SP_OPTION_INTERVAL) continue;
    SP_TRY(refuse_minutes(*(const sp_interval *)((const char *)kind->options + option->offset), own, option->name));
  }
  if (options->warmup_shape == SP_WARMUP_EXPONENTIAL && options->warmup_from == 0) {
    return sp_fail(SP_ERR_CONFIG, "%s.warmup_from: expected more than 0 for warmup_shape exponential, got 0", path);
  }
  const sp_schedule *schedule = schedule_of(options);
  return schedule->check ? schedule->check(kind->options, own) : SP_OK;
}

bool sp_schedule_follows_scores(const sp_schedule_options *options) { return schedule_of(options)->observe != NULL; }

void sp_schedule_observe(const sp_schedule_options *options, double score, bool higher, sp_plateau_state *state) {
  const sp_schedule *schedule = schedule_of(options);
  if (schedule->observe) schedule->observe(options->kind.options, score, higher, state);
}
