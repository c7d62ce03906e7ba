// The schedules, each a factor over time. Names and formulas are those of torch.optim.lr_scheduler where it has them.
#include <math.h>
#include <stddef.h>

#include "optim/schedule.h"

static const double pi = 3.14159265358979323846;

#define OPTION(type, options, member) .name = #member, .kind = SP_OPTION_##type, .offset = offsetof(options, member)

/// Of a schedule that ends: its `length`, or the rest of the run.
#define LENGTH_OPTION(options)                                                  \
  {OPTION(INTERVAL, options, length), .preset = "none", .range = "none",        \
   .help = "it ends so long after the warm-up, and stays there; none: with the run"}

static double length_or_rest(sp_interval length, double rest, const sp_schedule_place *place) {
  return length.value > 0 ? sp_schedule_steps(length, place) : rest;
}

// --- constant: 1 ----------------------------------------------------------------------------------------------------

static double constant(const void *options, double t, double length, const sp_schedule_place *place) {
  (void)options, (void)t, (void)length, (void)place;
  return 1;
}

static const sp_schedule schedule_constant = {{"constant", "the learning rate of the rule, all the time", NULL, 0}, constant, NULL};

// --- step: factor^floor(t / every), StepLR; exponential: factor^(t / every), ExponentialLR where t / every is whole ----

typedef struct every_options {
  sp_interval every;
  double factor;
} every_options;

static const sp_option step_table[] = {
    {OPTION(INTERVAL, every_options, every), .preset = "10 epochs", .help = "between two reductions"},
    {OPTION(REAL, every_options, factor), .preset = "0.1", .range = "(0, 1]", .help = "of each"},
    {0}};

static double step(const void *given, double t, double length, const sp_schedule_place *place) {
  const every_options *o = given;
  (void)length;
  return pow(o->factor, floor(t / sp_schedule_steps(o->every, place)));
}

static const sp_schedule schedule_step = {
    {"step", "times a factor every so often", step_table, sizeof(every_options)}, step, NULL};

static const sp_option exponential_table[] = {
    {OPTION(INTERVAL, every_options, every), .preset = "1 epoch", .help = "in which it falls by the factor, a little each step"},
    {OPTION(REAL, every_options, factor), .preset = "0.95", .range = "(0, 1]", .help = "of that time"},
    {0}};

static double exponential(const void *given, double t, double length, const sp_schedule_place *place) {
  const every_options *o = given;
  (void)length;
  return pow(o->factor, t / sp_schedule_steps(o->every, place));
}

static const sp_schedule schedule_exponential = {
    {"exponential", "falls by the same factor each step", exponential_table, sizeof(every_options)}, exponential,
    NULL};

// --- multistep: factor^(how many of `at` are reached), MultiStepLR ------------------------------------------------------

typedef struct multistep_options {
  sp_integers at;
  int unit;
  double factor;
} multistep_options;

static const sp_option multistep_table[] = {
    {OPTION(INTS, multistep_options, at), .range = "[1, inf)", .help = "when it is reduced"},
    {OPTION(CHOICE, multistep_options, unit), .preset = "epochs", .range = "epochs|steps", .help = "of `at`"},
    {OPTION(REAL, multistep_options, factor), .preset = "0.1", .range = "(0, 1]", .help = "of each reduction"},
    {0}};

static double multistep(const void *given, double t, double length, const sp_schedule_place *place) {
  const multistep_options *o = given;
  (void)length;
  double unit = o->unit == 0 ? (double)place->epoch_steps : 1;
  int64_t reached = 0;
  while (reached < o->at.count && t >= (double)o->at.item[reached] * unit) reached++;
  return pow(o->factor, (double)reached);
}

static sp_status multistep_check(const void *given, const char *path) {
  const multistep_options *o = given;
  for (int64_t i = 1; i < o->at.count; i++) {
    if (o->at.item[i] > o->at.item[i - 1]) continue;
    return sp_fail(SP_ERR_CONFIG, "%s.at: expected numbers that rise, got %lld after %lld", path,
                   (long long)o->at.item[i], (long long)o->at.item[i - 1]);
  }
  return SP_OK;
}

static const sp_schedule schedule_multistep = {
    {"multistep", "times a factor at given times", multistep_table, sizeof(multistep_options)}, multistep, multistep_check};

// --- polynomial: end + (1 - end) (1 - t / T)^power; PolynomialLR has end = 0 ------------------------------------------

typedef struct polynomial_options {
  double power, end;
  sp_interval length;
} polynomial_options;

static const sp_option polynomial_table[] = {
    {OPTION(REAL, polynomial_options, power), .preset = "1", .range = "(0, inf)", .help = "1: a straight line"},
    {OPTION(REAL, polynomial_options, end), .preset = "0", .range = "[0, 1]", .help = "what is left of it at the end"},
    LENGTH_OPTION(polynomial_options),
    {0}};

static double polynomial(const void *given, double t, double length, const sp_schedule_place *place) {
  const polynomial_options *o = given;
  length = length_or_rest(o->length, length, place);
  return o->end + (1 - o->end) * pow(1 - fmin(t / length, 1), o->power);
}

static const sp_schedule schedule_polynomial = {
    {"polynomial", "falls until the end of the run; power 1: linearly", polynomial_table, sizeof(polynomial_options)},
    polynomial, NULL};

// --- cosine: end + (1 - end) (1 + cos(pi t / T)) / 2, CosineAnnealingLR and, with a period, CosineAnnealingWarmRestarts ---

typedef struct cosine_options {
  double end;
  sp_interval period;
  double multiplier;
  sp_interval length;
} cosine_options;

static const sp_option cosine_table[] = {
    {OPTION(REAL, cosine_options, end), .preset = "0", .range = "[0, 1]", .help = "what is left of it at the end"},
    {OPTION(INTERVAL, cosine_options, period), .preset = "none", .range = "none",
     .help = "start again after so long; none: once over the whole length"},
    {OPTION(REAL, cosine_options, multiplier), .preset = "1", .range = "[1, 1000]", .help = "each period is so many times the last: 1, or at least 1.1"},
    LENGTH_OPTION(cosine_options),
    {0}};

static double cosine(const void *given, double t, double length, const sp_schedule_place *place) {
  const cosine_options *o = given;
  length = length_or_rest(o->length, length, place);
  double period = o->period.value > 0 ? sp_schedule_steps(o->period, place) : length;
  while (o->period.value > 0 && o->multiplier > 1 && t >= period) {
    t -= period;
    period *= o->multiplier;
  }
  if (o->period.value > 0 && o->multiplier == 1) t = fmod(t, period);
  return o->end + (1 - o->end) * (1 + cos(pi * fmin(t / period, 1))) / 2;
}

static sp_status cosine_check(const void *given, const char *path) {
  const cosine_options *o = given;
  const double least = 1.1;  // or the periods that are over would be too many to count at every step
  if (o->multiplier > 1 && o->multiplier < least) {
    return sp_fail(SP_ERR_CONFIG, "%s.multiplier: expected 1 or at least %g, got %g", path, least, o->multiplier);
  }
  if (o->period.value > 0 && o->length.value > 0) {
    return sp_fail(SP_ERR_CONFIG, "%s.length: expected none beside a period, whose restarts have no end", path);
  }
  return SP_OK;
}

static const sp_schedule schedule_cosine = {
    {"cosine", "falls along half a cosine, once or with restarts", cosine_table, sizeof(cosine_options)}, cosine, cosine_check};

// --- one_cycle: up along half a cosine to the rule's rate, then down, OneCycleLR ----------------------------------------

typedef struct one_cycle_options {
  double peak, start, end;
  sp_interval length;
} one_cycle_options;

static const sp_option one_cycle_table[] = {
    {OPTION(REAL, one_cycle_options, peak), .preset = "0.3", .range = "(0, 1)", .help = "the part of its length until the highest rate, the rule's"},
    {OPTION(REAL, one_cycle_options, start), .preset = "0.04", .range = "(0, 1]", .help = "the part of it at the beginning"},
    {OPTION(REAL, one_cycle_options, end), .preset = "4.0e-6", .range = "[0, 1]", .help = "the part of it at the end"},
    LENGTH_OPTION(one_cycle_options),
    {0}};

static double between(double from, double to, double part) { return to + (from - to) * (1 + cos(pi * part)) / 2; }

static double one_cycle(const void *given, double t, double length, const sp_schedule_place *place) {
  const one_cycle_options *o = given;
  length = length_or_rest(o->length, length, place);
  double peak = o->peak * length - 1, last = length - 1;
  if (t <= peak) return between(o->start, 1, peak > 0 ? t / peak : 1);
  return between(1, o->end, last > peak ? fmin((t - peak) / (last - peak), 1) : 1);
}

static const sp_schedule schedule_one_cycle = {
    {"one_cycle", "rises to the rule's rate and falls far below, over the run", one_cycle_table, sizeof(one_cycle_options)},
    one_cycle, NULL};

// --- inverse_sqrt: sqrt(s / (s + t)); Vaswani et al. 2017, arXiv:1706.03762, with s the steps of their warm-up -----------

typedef struct inverse_sqrt_options {
  sp_interval scale;
} inverse_sqrt_options;

static const sp_option inverse_sqrt_table[] = {
    {OPTION(INTERVAL, inverse_sqrt_options, scale), .preset = "1000 steps", .help = "after three times so long half of it is left"},
    {0}};

static double inverse_sqrt(const void *given, double t, double length, const sp_schedule_place *place) {
  (void)length;
  double scale = sp_schedule_steps(((const inverse_sqrt_options *)given)->scale, place);
  return sqrt(scale / (scale + t));
}

static const sp_schedule schedule_inverse_sqrt = {
    {"inverse_sqrt", "falls with the root of time", inverse_sqrt_table, sizeof(inverse_sqrt_options)}, inverse_sqrt,
    NULL};

// --- plateau: max(factor^reductions, least), ReduceLROnPlateau --------------------------------------------------------

static const sp_option plateau_table[] = {
    {OPTION(REAL, sp_plateau_options, factor), .preset = "0.1", .range = "(0, 1)", .help = "of each reduction"},
    {OPTION(INT, sp_plateau_options, patience), .preset = "10", .range = "[0, 1000000000]", .unit = "epochs",
     .help = "so many without a better validation score are borne; one more, and the rate is reduced"},
    {OPTION(REAL, sp_plateau_options, threshold), .preset = "1.0e-4", .range = "[0, 1)",
     .help = "a score is better when it beats the best by so much of it"},
    {OPTION(INT, sp_plateau_options, cooldown), .preset = "0", .range = "[0, 1000000000]", .unit = "epochs",
     .help = "so many after a reduction do not count"},
    {OPTION(REAL, sp_plateau_options, least), .preset = "0", .range = "[0, 1]", .help = "what is left of it at least"},
    {0}};

static double plateau(const void *given, double t, double length, const sp_schedule_place *place) {
  const sp_plateau_options *o = given;
  (void)t, (void)length;
  return fmax(pow(o->factor, (double)place->reductions), o->least);
}

static const sp_schedule schedule_plateau = {
    {"plateau", "times a factor when train.monitor's validation score gets no better", plateau_table, sizeof(sp_plateau_options)},
    plateau, NULL};

const sp_variant *const sp_schedules[] = {
    &schedule_constant.about,   &schedule_step.about,   &schedule_multistep.about, &schedule_exponential.about,
    &schedule_polynomial.about, &schedule_cosine.about, &schedule_one_cycle.about, &schedule_inverse_sqrt.about,
    &schedule_plateau.about,    NULL,
};
