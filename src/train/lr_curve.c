// SPDX-License-Identifier: Apache-2.0
// The curve of a learning-rate range test, and the learning rate that it suggests.
#include "train/lr_curve.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/power.h"

static const double DECAY = 0.95, TOO_MUCH = 4, ERRORS = 4;
enum { WINDOWS = 10, NARROWEST = 7 };  // windows in a test; steps of the narrowest one

sp_status sp_lr_curve_create(double from, double to, int64_t steps, sp_lr_curve *out) {
  sp_lr_curve curve = {.from = from, .to = to, .steps = steps};
  SP_TRY(sp_allocate(steps, sizeof *curve.point, "curve of the range test", &curve.point));
  *out = curve;
  return SP_OK;
}

void sp_lr_curve_free(sp_lr_curve *curve) {
  free(curve->point);
  curve->point = NULL;
}

double sp_lr_curve_rate(const sp_lr_curve *c, int64_t step) {
  double share = (double)step / (double)(c->steps - 1);
  return sp_power(c->from, 1 - share) * sp_power(c->to, share);  // to / from may exceed float64
}

void sp_lr_curve_add(sp_lr_curve *c, double loss) {
  int64_t i = c->count++;
  c->average = DECAY * c->average + (1 - DECAY) * loss;
  double smoothed = c->average / (1 - sp_power(DECAY, (double)c->count));
  c->point[i] = (sp_lr_point){sp_lr_curve_rate(c, i), loss, smoothed};
  if (c->count <= SP_LR_CURVE_FEWEST || smoothed < c->point[c->least].smoothed) c->least = i;
}

bool sp_lr_curve_diverged(const sp_lr_curve *c) {
  double least = c->point[c->least].smoothed;
  return c->point[c->count - 1].smoothed > least + (TOO_MUCH - 1) * fabs(least);
}

// --- the suggestion -----------------------------------------------------------------------------------------------

/// A line fitted to points by least squares.
typedef struct line {
  double mean, slope, error;  // slope per step, and its standard error
} line;

static line fit(const sp_lr_point *point, int64_t n) {
  double middle = (double)(n - 1) / 2, products = 0, squares = 0, rest = 0;
  line l = {0};
  for (int64_t i = 0; i < n; i++) l.mean += point[i].loss / (double)n;
  for (int64_t i = 0; i < n; i++) {
    double x = (double)i - middle;
    products += x * (point[i].loss - l.mean);
    squares += x * x;
  }
  l.slope = products / squares;
  for (int64_t i = 0; i < n; i++) {
    double residual = point[i].loss - l.mean - l.slope * ((double)i - middle);
    rest += residual * residual;
  }
  l.error = sqrt(rest / (double)(n - 2) / squares);
  return l;
}

bool sp_lr_curve_suggest(const sp_lr_curve *c, sp_lr_suggestion *out) {
  int64_t half = c->steps / WINDOWS / 2, steepest = -1, candidate = -1;
  if (half < NARROWEST / 2) half = NARROWEST / 2;
  double slope = 0, least = INFINITY;
  sp_lr_suggestion found = {0};
  for (int64_t i = half; i + half < c->count; i++) {
    line l = fit(&c->point[i - half], 2 * half + 1);
    if (l.slope < slope && l.slope < -ERRORS * l.error) {
      slope = l.slope;
      candidate = i;
    }
    if (l.mean < least) {
      least = l.mean;
      steepest = candidate;
      found.tenth = c->point[i].lr / 10;
    }
  }
  if (steepest < 0) return false;
  found.steepest = c->point[steepest].lr;
  found.at_end = steepest + half + 1 == c->steps;
  *out = found;
  return true;
}

// --- the table ----------------------------------------------------------------------------------------------------

void sp_lr_curve_write(const sp_lr_curve *c, sp_text *out) {
  sp_text_add(out, "step,lr,loss,smoothed\n");
  for (int64_t i = 0; i < c->count; i++) {
    const sp_lr_point *p = &c->point[i];
    sp_text_add(out, "%lld,%.17g,%.17g,%.17g\n", (long long)i + 1, p->lr, p->loss, p->smoothed);
  }
}
