// SPDX-License-Identifier: Apache-2.0
// Learning rate schedules: the factor of the learning rate at each step. A schedule is a pure function of the progress
// of a run, so that a resumed run continues exactly.
#ifndef SP_OPTIM_SCHEDULE_H
#define SP_OPTIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/options.h"
#include "shardprop/status.h"

/// The progress of a run before an update.
typedef struct sp_schedule_place {
  int64_t step;         ///< updates done
  int64_t epoch_steps;  ///< steps in an epoch, at least 1
  int64_t steps;        ///< steps in the whole run
  int64_t reductions;   ///< number of reductions by `plateau` so far
} sp_schedule_place;

typedef enum sp_warmup_shape { SP_WARMUP_LINEAR, SP_WARMUP_EXPONENTIAL } sp_warmup_shape;

/// The options of optimizer.schedule.
typedef struct sp_schedule_options {
  sp_selected kind;    ///< one of sp_schedules
  sp_interval warmup;  ///< value 0: none
  double warmup_from;
  sp_warmup_shape warmup_shape;
} sp_schedule_options;

/// The state of a schedule that follows validation scores. Saved with the run.
typedef struct sp_plateau_state {
  double best;  ///< NaN: none yet
  int64_t bad, cooldown, reductions;
} sp_plateau_state;

/// A schedule. To add one, add a file and a line in schedule_list.h. Its time starts at the end of the warm-up. A
/// schedule that depends on the length of the run has an option `length`, which keeps it unchanged when the run is
/// extended; after `length` the last value applies.
///   t       updates since the warm-up, from 0
///   length  updates from the end of the warm-up to the end of the run, at least 1
typedef struct sp_schedule {
  sp_variant about;
  double (*factor)(const void *options, double t, double length, const sp_schedule_place *place);
  sp_status (*check)(const void *options, const char *path);  ///< checks beyond ranges; path: its own; may be NULL
  bool constant;                                              ///< its factor is always 1
  /// Implements sp_schedule_observe. NULL for a schedule that does not follow scores.
  void (*observe)(const void *options, double score, bool higher_is_better, sp_plateau_state *state);
} sp_schedule;

#define SP_SCHEDULE(name) extern const sp_schedule sp_schedule_##name;
#include "optim/schedule_list.h"
#undef SP_SCHEDULE

extern const sp_variant *const sp_schedules[];  ///< the registry: pointers to sp_schedule, terminated by NULL
extern const sp_option sp_schedule_fields[];

/// Returns the factor of the learning rate. With w steps of warm-up and the schedule s:
///     (from + (1 - from) step / w) s(0), or from^(1 - step / w) s(0)    before step w
///     (step + 1) / w s(0)                                               before step w, if from is 0; never 0
///     s(step - w)                                                       from step w on
/// Source: torch.optim.lr_scheduler.LinearLR before any other schedule (SequentialLR); from 0, which LinearLR refuses,
/// Vaswani et al. 2017, section 5.3, where updates are counted from 1.
/// Collective: no.  Errors: none; at least 0.
double sp_schedule_factor(const sp_schedule_options *options, const sp_schedule_place *place);

/// Returns true if the factor is 1 at all steps. Collective: no. Errors: none.
bool sp_schedule_is_constant(const sp_schedule_options *options);

/// Check the options in combination; each option is already within its range. Collective: no.
/// Errors: SP_ERR_CONFIG, "optimizer.schedule.warmup: …", with the path at which the schedule was selected.
sp_status sp_schedule_check(const sp_schedule_options *options);

/// Returns an interval as a number of updates. Minutes are not allowed (sp_schedule_check refuses them). Collective:
/// no. Errors: none.
double sp_schedule_steps(sp_interval interval, const sp_schedule_place *place);

/// Returns true if the schedule follows the validation score of each epoch. Collective: no. Errors: none.
bool sp_schedule_follows_scores(const sp_schedule_options *options);

/// Report the validation score of an epoch to a schedule that follows scores; others ignore it. A score that is not
/// finite never counts as an improvement. Collective: no.  Errors: none.
void sp_schedule_observe(const sp_schedule_options *options, double score, bool higher_is_better,
                         sp_plateau_state *state);

#endif
