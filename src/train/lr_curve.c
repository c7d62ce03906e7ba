// The curve of a learning-rate range test: the loss while the learning rate rises, and the learning rate it suggests.
// May include: base.
#include "train/lr_curve.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const double DECAY = 0.95, TOO_MUCH = 4, ERRORS = 4;
enum { WINDOWS = 10, NARROWEST = 5 };  // windows in a test; points of a window

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
  return c->from * pow(c->to / c->from, (double)step / (double)(c->steps - 1));
}

void sp_lr_curve_add(sp_lr_curve *c, double loss) {
  int64_t i = c->count++;
  c->average = DECAY * c->average + (1 - DECAY) * loss;
  double smoothed = c->average / (1 - pow(DECAY, (double)c->count));
  c->point[i] = (sp_lr_point){sp_lr_curve_rate(c, i), loss, smoothed};
  if (smoothed < c->point[c->least].smoothed) c->least = i;
}

bool sp_lr_curve_diverged(const sp_lr_curve *c) {
  double least = c->point[c->least].smoothed;
  return c->point[c->count - 1].smoothed > least + (TOO_MUCH - 1) * fabs(least);
}

// --- the suggestion -----------------------------------------------------------------------------------------------

/// The slope a step of the line through n points by least squares, and its standard error.
static double fit_slope(const sp_lr_point *point, int64_t n, double *error) {
  double middle = (double)(n - 1) / 2, mean = 0, products = 0, squares = 0, rest = 0;
  for (int64_t i = 0; i < n; i++) mean += point[i].loss / (double)n;
  for (int64_t i = 0; i < n; i++) {
    double x = (double)i - middle;
    products += x * (point[i].loss - mean);
    squares += x * x;
  }
  double slope = products / squares;
  for (int64_t i = 0; i < n; i++) {
    double residual = point[i].loss - mean - slope * ((double)i - middle);
    rest += residual * residual;
  }
  *error = sqrt(rest / (double)(n - 2) / squares);
  return slope;
}

bool sp_lr_curve_suggest(const sp_lr_curve *c, sp_lr_suggestion *out) {
  int64_t half = c->steps / WINDOWS / 2, best = -1;
  if (half < NARROWEST / 2) half = NARROWEST / 2;
  double steepest = 0;
  for (int64_t i = half; i <= c->least && i + half < c->count; i++) {
    double error, slope = fit_slope(&c->point[i - half], 2 * half + 1, &error);
    if (slope >= steepest || slope >= -ERRORS * error) continue;
    steepest = slope;
    best = i;
  }
  if (best < 0) return false;
  *out = (sp_lr_suggestion){.steepest = c->point[best].lr, .tenth = c->point[c->least].lr / 10,
                            .at_end = best + half + 1 == c->steps};
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
