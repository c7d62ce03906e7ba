// SPDX-License-Identifier: Apache-2.0
// Schedules of the learning rate: what it is multiplied by at each step. Pure functions of the progress of a run, so
// that a resumed run continues exactly.
#ifndef SP_OPTIM_SCHEDULE_H
#define SP_OPTIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/options.h"
#include "shardprop/status.h"

/// The progress of a run before an update.
typedef struct sp_schedule_place {
  int64_t step;         ///< updates done
  int64_t epoch_steps;  ///< of an epoch, at least 1
  int64_t steps;        ///< of the whole run
  int64_t reductions;   ///< that `plateau` has made so far
} sp_schedule_place;

typedef enum sp_warmup_shape { SP_WARMUP_LINEAR, SP_WARMUP_EXPONENTIAL } sp_warmup_shape;

/// The options of optimizer.schedule.
typedef struct sp_schedule_options {
  sp_selected kind;    ///< one of sp_schedules
  sp_interval warmup;  ///< value 0: none
  double warmup_from;
  sp_warmup_shape warmup_shape;
} sp_schedule_options;

/// What a schedule that follows scores remembers between epochs; saved with a run.
typedef struct sp_plateau_state {
  double best;  ///< NaN: none yet
  int64_t bad, cooldown, reductions;
} sp_plateau_state;

/// A schedule. A new one takes a file and a line in schedule_list.h. Its clock starts when the warm-up is over. Those that are bent over the run have
/// an option `length`, so that they stay as they are when the run is made longer; behind it the last value holds.
///   t      updates since then, from 0;  length  updates from there to the end of the run, at least 1
typedef struct sp_schedule {
  sp_variant about;
  double (*factor)(const void *options, double t, double length, const sp_schedule_place *place);
  sp_status (*check)(const void *options, const char *path);  ///< what no range can say; path: its own; NULL: nothing
  bool constant;                                              ///< its factor is always 1
  /// For a schedule that follows scores; else NULL. What sp_schedule_observe does.
  void (*observe)(const void *options, double score, bool higher_is_better, sp_plateau_state *state);
} sp_schedule;

#define SP_SCHEDULE(name) extern const sp_schedule sp_schedule_##name;
#include "optim/schedule_list.h"
#undef SP_SCHEDULE

extern const sp_variant *const sp_schedules[];  ///< the registry: each is an sp_schedule, NULL ends it
extern const sp_option sp_schedule_fields[];

/// What the learning rate is multiplied by: w the steps of the warm-up, s the schedule,
///     (from + (1 - from) step / w) s(0), or from^(1 - step / w) s(0)    before step w
///     (step + 1) / w s(0)                                               before step w, where from is 0: no update is lost
///     s(step - w)                                                       from then on
/// Source: torch.optim.lr_scheduler.LinearLR before any other schedule (SequentialLR); from 0, which LinearLR refuses,
/// Vaswani et al. 2017, section 5.3, which counts updates from 1.
/// Collective: no.  Errors: none; at least 0.
double sp_schedule_factor(const sp_schedule_options *options, const sp_schedule_place *place);

/// Is it 1 at all steps? Collective: no. Errors: none.
bool sp_schedule_is_constant(const sp_schedule_options *options);

/// Check what the options must fulfil together (each alone is in its range already).
/// Collective: no.  Errors: SP_ERR_CONFIG, "optimizer.schedule.warmup: …", the path being the one it was selected at.
sp_status sp_schedule_check(const sp_schedule_options *options);

/// An interval as a number of updates; minutes are none (sp_schedule_check refuses them). Collective: no. Errors: none.
double sp_schedule_steps(sp_interval interval, const sp_schedule_place *place);

/// Does the schedule follow the validation score of each epoch? Collective: no. Errors: none.
bool sp_schedule_follows_scores(const sp_schedule_options *options);

/// Tell a schedule that follows scores the validation score of an epoch; others ignore it. A score that is not finite is not
/// better than any. Collective: no.  Errors: none.
void sp_schedule_observe(const sp_schedule_options *options, double score, bool higher_is_better,
                         sp_plateau_state *state);

#endif
