// How tensors start: a short formula each, and their registry.
#include "model/initialiser.h"

#include <math.h>

#include "model/network.h"

static double symmetric(double limit, sp_random_key key, uint64_t index) {  // uniform in [-limit, limit)
  return limit * (2 * sp_random_uniform(key, index) - 1);
}

static double glorot_uniform(const void *options, const sp_parameter *p, sp_random_key key, uint64_t index) {
  (void)options;
  return symmetric(sqrt(6 / ((double)p->fan_in + (double)p->fan_out)), key, index);
}

static double glorot_normal(const void *options, const sp_parameter *p, sp_random_key key, uint64_t index) {
  (void)options;
  return sqrt(2 / ((double)p->fan_in + (double)p->fan_out)) * sp_random_normal(key, index);
}

static double he_uniform(const void *options, const sp_parameter *p, sp_random_key key, uint64_t index) {
  (void)options;
  return symmetric(sqrt(6 / (double)p->fan_in), key, index);
}

static double he_normal(const void *options, const sp_parameter *p, sp_random_key key, uint64_t index) {
  (void)options;
  return sqrt(2 / (double)p->fan_in) * sp_random_normal(key, index);
}

static double uniform(const void *options, const sp_parameter *p, sp_random_key key, uint64_t index) {
  (void)p;
  const sp_uniform_options *o = options;
  return o->low + (o->high - o->low) * sp_random_uniform(key, index);
}

static double normal(const void *options, const sp_parameter *p, sp_random_key key, uint64_t index) {
  (void)p;
  const sp_normal_options *o = options;
  return o->mean + o->stddev * sp_random_normal(key, index);
}

static double constant(const void *options, const sp_parameter *p, sp_random_key key, uint64_t index) {
  (void)p, (void)key, (void)index;
  return ((const sp_constant_options *)options)->value;
}

static double zeros(const void *options, const sp_parameter *p, sp_random_key key, uint64_t index) {
  (void)options, (void)p, (void)key, (void)index;
  return 0;
}

// --- registry -----------------------------------------------------------------------------------------------------

static const sp_option uniform_options[] = {
    {.name = "low", .kind = SP_OPTION_REAL, .offset = offsetof(sp_uniform_options, low), .preset = "-0.05",
     .help = "smallest value"},
    {.name = "high", .kind = SP_OPTION_REAL, .offset = offsetof(sp_uniform_options, high), .preset = "0.05",
     .help = "where the values end"},
    {0},
};

static const sp_option normal_options[] = {
    {.name = "mean", .kind = SP_OPTION_REAL, .offset = offsetof(sp_normal_options, mean), .preset = "0",
     .help = "mean of the values"},
    {.name = "stddev", .kind = SP_OPTION_REAL, .offset = offsetof(sp_normal_options, stddev), .preset = "0.05",
     .range = "[0, inf)", .help = "their standard deviation"},
    {0},
};

static const sp_option constant_options[] = {
    {.name = "value", .kind = SP_OPTION_REAL, .offset = offsetof(sp_constant_options, value),
     .help = "what every value is"},
    {0},
};

static const sp_initialiser all[] = {
    {{.name = "glorot_uniform", .help = "uniform within sqrt(6 / (fan_in + fan_out)) of 0"}, glorot_uniform},
    {{.name = "glorot_normal", .help = "normal, variance 2 / (fan_in + fan_out)"}, glorot_normal},
    {{.name = "he_uniform", .help = "uniform within sqrt(6 / fan_in) of 0"}, he_uniform},
    {{.name = "he_normal", .help = "normal, variance 2 / fan_in"}, he_normal},
    {{"uniform", "uniform between two values", uniform_options, sizeof(sp_uniform_options)}, uniform},
    {{"normal", "normal with a mean and a standard deviation", normal_options, sizeof(sp_normal_options)}, normal},
    {{"constant", "one value everywhere", constant_options, sizeof(sp_constant_options)}, constant},
    {{.name = "zeros", .help = "0 everywhere"}, zeros},
};

const sp_variant *const sp_initialisers[] = {
    &all[0].about, &all[1].about, &all[2].about, &all[3].about, &all[4].about,
    &all[5].about, &all[6].about, &all[7].about, NULL,
};
