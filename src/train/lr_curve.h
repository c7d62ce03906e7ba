// SPDX-License-Identifier: Apache-2.0
// The curve of a learning-rate range test, and the learning rate that it suggests.
#ifndef SP_TRAIN_LR_CURVE_H
#define SP_TRAIN_LR_CURVE_H

#include <stdbool.h>

#include "base/text.h"
#include "shardprop/status.h"

enum { SP_LR_CURVE_FEWEST = 10 };  ///< steps

/// A step: the learning rate of its update, and the loss of its batch before the update.
typedef struct sp_lr_point {
  double lr, loss, smoothed;
} sp_lr_point;

typedef struct sp_lr_curve {
  double from, to;
  int64_t steps;   ///< of the test, at least SP_LR_CURVE_FEWEST
  int64_t count;   ///< number of steps so far
  int64_t least;   ///< the point with the lowest smoothed loss; the first SP_LR_CURVE_FEWEST points do not count
  double average;  ///< of the losses, before the correction
  sp_lr_point *point;
} sp_lr_curve;

/// Errors: SP_ERR_MEMORY. The caller frees the curve with sp_lr_curve_free.
sp_status sp_lr_curve_create(double from, double to, int64_t steps, sp_lr_curve *out);
void sp_lr_curve_free(sp_lr_curve *curve);

/// Returns the learning rate of step i, counted from 0: from (to / from)^(i / (steps - 1)).
/// Source: Smith 2017, Cyclical learning rates for training neural networks (WACV); the exponential rise is fastai's.
double sp_lr_curve_rate(const sp_lr_curve *curve, int64_t step);

/// Add the loss of the next step. The losses are smoothed by a moving average with bias correction:
///     a <- 0.95 a + 0.05 loss;  smoothed = a / (1 - 0.95^n), n losses so far
/// Source: Kingma & Ba 2015, section 3. fastai uses 0.98, which lags far behind in a test of few steps.
void sp_lr_curve_add(sp_lr_curve *curve, double loss);

/// Returns whether the loss has diverged, so that more steps are useless: the smoothed loss is above 4 times its minimum, as
/// in fastai, or, for a negative minimum, above it by 3 times its absolute value.
bool sp_lr_curve_diverged(const sp_lr_curve *curve);

/// Suggested learning rates.
typedef struct sp_lr_suggestion {
  double steepest;  ///< the lr at which the loss falls most steeply over log lr
  double tenth;     ///< a tenth of the lr at which the loss is lowest
  bool at_end;      ///< the loss falls most steeply at the end of the test: a larger `to` may give a better suggestion
} sp_lr_suggestion;

/// Fit a line to the losses over log lr in each window of a tenth of the steps. `steepest` is the middle of the window whose
/// line falls most steeply, before the window with the lowest mean, so that spikes of a diverging loss do not count; `tenth`
/// is a tenth of the middle of the latter. A slope counts if it is more than 4 of its standard errors below 0. The moving
/// average is not used, because it lags behind the losses.
/// Returns false if no slope counts. Collective: no.
bool sp_lr_curve_suggest(const sp_lr_curve *curve, sp_lr_suggestion *out);

/// Append the curve as CSV: step (from 1), lr, loss, smoothed. The numbers are exact.
void sp_lr_curve_write(const sp_lr_curve *curve, sp_text *out);

#endif
