// SPDX-License-Identifier: Apache-2.0
// plateau: max(factor^reductions, least). torch.optim.lr_scheduler.ReduceLROnPlateau, threshold_mode "rel", except for
// best scores below 0: PyTorch applies the threshold with their sign, so that a slightly worse score counts as better;
// here their absolute value is used.
#include <math.h>

#include "compute/power.h"
#include "optim/schedule_rows.h"

typedef struct plateau_options {
  double factor, threshold, least;
  int64_t patience, cooldown;
} plateau_options;

static const sp_option options_table[] = {
    {SP_SCHEDULE_OPTION(plateau_options, REAL, factor), .preset = "0.1", .range = "(0, 1)",
     .help = "factor of each reduction"},
    {SP_SCHEDULE_OPTION(plateau_options, INT, patience), .preset = "10", .range = "[0, 1000000000]", .unit = "epochs",
     .help = "number of epochs without a better validation score that are tolerated; the next one reduces the learning "
             "rate"},
    {SP_SCHEDULE_OPTION(plateau_options, REAL, threshold), .preset = "1.0e-4", .range = "[0, 1)",
     .help = "relative improvement over the best score that counts as better"},
    {SP_SCHEDULE_OPTION(plateau_options, INT, cooldown), .preset = "0", .range = "[0, 1000000000]", .unit = "epochs",
     .help = "number of epochs after a reduction that do not count"},
    {SP_SCHEDULE_OPTION(plateau_options, REAL, least), .preset = "0", .range = "[0, 1]",
     .help = "smallest fraction of the learning rate"},
    {0}};

static double factor(const void *given, double t, double length, const sp_schedule_place *place) {
  const plateau_options *o = given;
  (void)t, (void)length;
  return fmax(sp_power(o->factor, (double)place->reductions), o->least);
}

static bool is_better(const plateau_options *o, double score, double best, bool higher) {
  if (!isfinite(score)) return false;
  if (isnan(best)) return true;
  double least = o->threshold * fabs(best);
  return higher ? score > best + least : score < best - least;
}

/// A score is an improvement if it is better than the best score by `threshold` times its absolute value. After more
/// than `patience` epochs without improvement the learning rate is reduced, and the next `cooldown` epochs do not
/// count.
static void observe(const void *given, double score, bool higher, sp_plateau_state *state) {
  const plateau_options *o = given;
  if (is_better(o, score, state->best, higher)) {
    state->best = score;
    state->bad = 0;
  } else {
    state->bad++;
  }
  if (state->cooldown > 0) {
    state->cooldown--;
    state->bad = 0;
  }
  if (state->bad <= o->patience) return;
  state->reductions++;
  state->cooldown = o->cooldown;
  state->bad = 0;
}

const sp_schedule sp_schedule_plateau = {
    .about = {"plateau", "multiplied by a factor when the validation score of train.monitor stops improving",
              options_table, sizeof(plateau_options)},
    .factor = factor,
    .observe = observe,
};
