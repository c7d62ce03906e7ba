// SPDX-License-Identifier: Apache-2.0
// The curve of a learning-rate range test: the loss while the learning rate rises, and the learning rate it suggests.
#ifndef SP_TRAIN_LR_CURVE_H
#define SP_TRAIN_LR_CURVE_H

#include <stdbool.h>

#include "base/text.h"
#include "shardprop/status.h"

enum { SP_LR_CURVE_FEWEST = 10 };  ///< steps

/// A step: the learning rate of its update, and the loss of its batch before that.
typedef struct sp_lr_point {
  double lr, loss, smoothed;
} sp_lr_point;

typedef struct sp_lr_curve {
  double from, to;
  int64_t steps;   ///< of the test, at least SP_LR_CURVE_FEWEST
  int64_t count;   ///< made so far
  int64_t least;   ///< the point whose smoothed loss is least; the first ones, of few losses, do not count
  double average;  ///< of the losses, before the correction
  sp_lr_point *point;
} sp_lr_curve;

/// Errors: SP_ERR_MEMORY. To be freed.
sp_status sp_lr_curve_create(double from, double to, int64_t steps, sp_lr_curve *out);
void sp_lr_curve_free(sp_lr_curve *curve);

/// The learning rate of step i, from 0: from (to / from)^(i / (steps - 1)).
/// Source: Smith 2017, Cyclical learning rates for training neural networks (WACV); the exponential rise is fastai's.
double sp_lr_curve_rate(const sp_lr_curve *curve, int64_t step);

/// Add the loss of the next step. It is smoothed by a moving average that is corrected for its start at 0:
///     a <- 0.95 a + 0.05 loss;  smoothed = a / (1 - 0.95^n), n losses so far
/// Source: Kingma & Ba 2015, section 3. fastai does the same with 0.98, which comes far behind in a test of few steps.
void sp_lr_curve_add(sp_lr_curve *curve, double loss);

/// Has the loss grown so far that the rest tells nothing? That is when the smoothed one is above 4 times its least,
/// as in fastai; for losses below 0, when it is above the least by 3 times its size.
bool sp_lr_curve_diverged(const sp_lr_curve *curve);

/// What the curve suggests.
typedef struct sp_lr_suggestion {
  double steepest;  ///< where the loss falls most steeply over log lr
  double tenth;     ///< a tenth of where the loss is least
  bool at_end;      ///< the descent is steepest at the end of the test: a larger `to` may tell more
} sp_lr_suggestion;

/// Fit a line to the losses over log lr in each window of a tenth of the steps. `steepest` is the middle of the
/// window whose line falls most steeply, before the window whose mean is least, so that no spike of a diverging loss
/// counts; `tenth` is about the latter. A slope counts when it is more than 4 of its standard errors below 0. The
/// moving average serves for neither: it comes behind the losses.
/// false: there is no descent that is more than noise. Collective: no.
bool sp_lr_curve_suggest(const sp_lr_curve *curve, sp_lr_suggestion *out);

/// As CSV: step (from 1), lr, loss, smoothed; numbers as they are, to the last bit.
void sp_lr_curve_write(const sp_lr_curve *curve, sp_text *out);

#endif
