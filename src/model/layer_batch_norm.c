// SPDX-License-Identifier: Apache-2.0
// batch_norm: y = scale (x - mean) / sqrt(variance + epsilon) + shift, for each channel (index of the last axis). In training,
// mean and variance are those of all rows of the batch, or of the rows of the lane; in inference, running averages of them,
// which are statistics. Ioffe & Szegedy 2015, arXiv:1502.03167; as torch.nn.BatchNorm1d.
//
// The mean is summed over all lanes first, and then the squares of the differences from it, so that a large mean costs no
// precision. A running average moves by `momentum` towards the mean and the unbiased variance of the batch.
#include <math.h>
#include <string.h>

#include "compute/normalise.h"
#include "model/builder.h"
#include "model/initialiser.h"
#include "model/prediction.h"

typedef enum norm_over { OVER_BATCH, OVER_LANE } norm_over;

typedef struct batch_norm_options {
  int over;
  double momentum, epsilon;
  bool scale, shift;
  sp_selected scale_init, shift_init;
  const char *name;
} batch_norm_options;

#define AT(member) offsetof(batch_norm_options, member)
static const sp_option options[] = {
    {.name = "over",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(over),
     .preset = "batch",
     .range = "batch|lane",
     .help = "rows whose mean and variance are used in training. batch: all rows of the mini-batch, whichever ranks "
             "they are on; the ranks add sums three times per step and layer. lane: those of each lane alone, without "
             "communication; the result then depends on train.lanes"},
    {.name = "momentum",
     .kind = SP_OPTION_REAL,
     .offset = AT(momentum),
     .preset = "0.1",
     .range = "(0, 1]",
     .help =
         "share of the batch in an update of the running mean and variance, as in PyTorch (1 minus Keras's momentum)"},
    {.name = "epsilon",
     .kind = SP_OPTION_REAL,
     .offset = AT(epsilon),
     .preset = "1e-5",
     .range = "(0, inf)",
     .help = "value added to the variance"},
    {.name = "scale",
     .kind = SP_OPTION_BOOL,
     .offset = AT(scale),
     .preset = "true",
     .help = "multiply each channel by a trained value"},
    {.name = "shift",
     .kind = SP_OPTION_BOOL,
     .offset = AT(shift),
     .preset = "true",
     .help = "add a trained value to each channel"},
    {.name = "scale_init",
     .kind = SP_OPTION_VARIANT,
     .offset = AT(scale_init),
     .preset = "ones",
     .help = "initialiser of the scale",
     .variants = sp_initialisers},
    {.name = "shift_init",
     .kind = SP_OPTION_VARIANT,
     .offset = AT(shift_init),
     .preset = "zeros",
     .help = "initialiser of the shift",
     .variants = sp_initialisers},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = AT(name),
     .help = "name of the layer; by default batch_norm_1, batch_norm_2, ...",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

typedef struct norm {
  int64_t channels;
  int64_t places;                     // values of a channel in a sample
  const sp_parameter *scale, *shift;  // may be NULL
  const sp_parameter *mean, *variance;
} norm;

// Workspace. A group is the rows that are normalised with the same mean: all, or those of a lane. mean, inverse: (groups,
// channels) in the precision, kept from forward to backward. totals: (groups, 1 + 2 channels) float64, from forward to
// backward only the first, the number of values of a channel. sums: (lanes, 2 channels) float64.
typedef struct prepared {
  int64_t mean, inverse, totals, sums;
} prepared;

// --- build and prepare --------------------------------------------------------------------------------------------

static sp_status build(sp_builder *builder, const void *given, sp_layer *layer) {
  static const sp_selected zeros = {&sp_initialiser_zeros.about, NULL, ""},
                           ones = {&sp_initialiser_ones.about, NULL, ""};
  const batch_norm_options *o = given;
  SP_TRY(sp_layer_rename(layer, o->name));
  if (layer->input.rank == 0) return sp_fail(SP_ERR_SHAPE, "expected an input of at least one dimension, got []");
  norm *s = layer->state = sp_builder_memory(builder, sizeof *s);
  int64_t n = s->channels = layer->input.extent[layer->input.rank - 1];
  s->places = sp_shape_size(&layer->input) / n;
  sp_parameter trained = {.shape = {1, {n}}, .fan_in = n, .fan_out = n};
  sp_parameter scale = trained, shift = trained, mean = trained, variance = trained;
  scale.name = "scale", scale.initial = &o->scale_init;
  shift.name = "shift", shift.initial = &o->shift_init;
  mean.name = "mean", mean.initial = &zeros;
  variance.name = "variance", variance.initial = &ones;
  mean.kind = variance.kind = SP_TENSOR_STATISTIC;
  mean.momentum = variance.momentum = o->momentum;
  if (o->scale) SP_TRY(sp_builder_parameter(builder, layer, &scale, &s->scale));
  if (o->shift) SP_TRY(sp_builder_parameter(builder, layer, &shift, &s->shift));
  SP_TRY(sp_builder_parameter(builder, layer, &mean, &s->mean));
  SP_TRY(sp_builder_parameter(builder, layer, &variance, &s->variance));
  if (o->over == OVER_LANE) return SP_OK;
  layer->forward_sums[0] = 1 + n;
  layer->forward_sums[1] = n;
  layer->backward_sums[0] = 2 * n;
  return SP_OK;
}

static bool is_whole(const sp_layer *layer) {
  return ((const batch_norm_options *)layer->selected->options)->over == OVER_BATCH;
}

static sp_status prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  const norm *s = layer->state;
  const int64_t groups = is_whole(layer) ? 1 : plan->lanes;
  const int64_t size = (int64_t)sp_dtype_size(sp_compute_precision(plan->compute));
  prepared *p = *out = sp_arena_allocate(plan->arena, sizeof *p);
  SP_TRY(sp_plan_reserve(plan, groups * s->channels * size, &p->mean));
  SP_TRY(sp_plan_reserve(plan, groups * s->channels * size, &p->inverse));
  SP_TRY(sp_plan_reserve(plan, groups * (1 + 2 * s->channels) * (int64_t)sizeof(double), &p->totals));
  return sp_plan_reserve_sums(plan, 2 * s->channels, &p->sums);
}

// --- passes -------------------------------------------------------------------------------------------------------

// What the functions of a pass use.
typedef struct view {
  const norm *norm;
  const sp_pass *pass;
  sp_dtype precision;
  bool whole;        // the rows are one group
  int64_t lanes, n;  // n: channels
  void *mean, *inverse;
  const void *scale, *shift;  // may be NULL
  double *totals, *sums;
} view;

static view view_of(const sp_stage *stage, const sp_pass *pass) {
  const norm *s = stage->layer->state;
  const prepared *p = stage->prepared;
  return (view){.norm = s,
                .pass = pass,
                .precision = sp_compute_precision(pass->compute),
                .whole = is_whole(stage->layer) || !pass->training,
                .lanes = pass->lanes->count,
                .n = s->channels,
                .mean = sp_workspace(pass, p->mean),
                .inverse = sp_workspace(pass, p->inverse),
                .scale = s->scale ? sp_pass_parameter(pass, s->scale) : NULL,
                .shift = s->shift ? sp_pass_parameter(pass, s->shift) : NULL,
                .totals = sp_workspace(pass, p->totals),
                .sums = sp_workspace(pass, p->sums)};
}

static int64_t groups(const view *v) { return v->whole ? 1 : v->lanes; }

// Returns the group of a lane.
static int64_t group_of(const view *v, int64_t lane) { return v->whole ? 0 : lane; }

// Returns the totals of a group: the number of values of a channel, and two sums of each channel.
static double *totals_of(const view *v, int64_t group) { return v->totals + group * (1 + 2 * v->n); }

static const void *at(const view *v, const void *values, int64_t index) {
  return (const char *)values + (size_t)index * sp_dtype_size(v->precision);
}

static void *into(const view *v, void *values, int64_t index) {
  return (char *)values + (size_t)index * sp_dtype_size(v->precision);
}

// Rows [begin, begin + rows) of the matrix (values of a channel, channels).
typedef struct stretch {
  int64_t begin, rows;
} stretch;

static stretch lane_rows(const view *v, int64_t lane) {
  const int64_t begin = sp_pass_lane_begin(v->pass, lane) * v->norm->places;
  return (stretch){begin, v->pass->lanes->end[lane] * v->norm->places - begin};
}

static stretch group_rows(const view *v, int64_t group) {
  return v->whole ? (stretch){0, v->pass->rows * v->norm->places} : lane_rows(v, group);
}

// Set totals [first, first + n) of each group from the sums of its lanes, (lanes, n).
static void add_lanes(const view *v, int64_t first, int64_t n) {
  if (v->whole) {
    sp_pass_reduce(v->pass, n, v->sums, v->totals + first);
    return;
  }
  for (int64_t i = 0; i < v->lanes; i++) {
    memcpy(totals_of(v, i) + first, v->sums + i * n, (size_t)n * sizeof *v->sums);
  }
}

static void divide_by_count(const view *v, int64_t first, int64_t n) {
  for (int64_t g = 0; g < groups(v); g++) {
    double *total = totals_of(v, g);
    for (int64_t j = first; j < first + n; j++) total[j] /= *total;
  }
}

// Write what the rows of each lane contribute to the running variance. A single value has no unbiased variance: the running
// variance keeps its value.
static void observe_variance(const view *v) {
  const sp_parameter *variance = v->norm->variance;
  double *observed = v->sums + v->lanes * v->n;
  for (int64_t i = 0; i < v->lanes; i++) {
    const double count = *totals_of(v, group_of(v, i)), places = (double)v->norm->places;
    const double rows = (double)(v->pass->lanes->end[i] - sp_pass_lane_begin(v->pass, i));
    const double factor = count / (count - 1) / places;
    if (count <= 1) sp_pass_need(v->pass, variance->offset + variance->count);
    const void *now = sp_pass_parameter(v->pass, variance);
    for (int64_t j = i * v->n; j < (i + 1) * v->n; j++) {
      observed[j] = count > 1 ? factor * v->sums[j] : rows * sp_value_at(v->precision, now, j - i * v->n);
    }
  }
  sp_pass_set_gradient(v->pass, variance, 1, observed, v->n);
}

// Compute the mean and the variance of each group, which follow the number of values in its totals, and what the rows of each
// lane contribute to the running ones.
static void measure(const view *v, const void *x) {
  const int64_t n = v->n;
  for (int64_t i = 0; i < v->lanes; i++) {
    const stretch lane = lane_rows(v, i);
    double *sums = v->sums + i * (1 + n);
    *sums = (double)lane.rows;
    sp_channel_sums(v->precision, lane.rows, n, at(v, x, lane.begin * n), sums + 1);
  }
  sp_pass_set_gradient(v->pass, v->norm->mean, 1 / (double)v->norm->places, v->sums + 1, 1 + n);
  add_lanes(v, 0, 1 + n);
  divide_by_count(v, 1, n);
  for (int64_t i = 0; i < v->lanes; i++) {
    const stretch lane = lane_rows(v, i);
    const double *mean = totals_of(v, group_of(v, i)) + 1;
    sp_channel_squares(v->precision, lane.rows, n, at(v, x, lane.begin * n), mean, v->sums + i * n);
  }
  observe_variance(v);
  add_lanes(v, 1 + n, n);
  divide_by_count(v, 1 + n, n);
}

static void take_running(const view *v) {
  for (int64_t j = 0; j < v->n; j++) {
    v->totals[1 + j] = sp_value_at(v->precision, sp_pass_parameter(v->pass, v->norm->mean), j);
    v->totals[1 + v->n + j] = sp_value_at(v->precision, sp_pass_parameter(v->pass, v->norm->variance), j);
  }
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const batch_norm_options *o = stage->layer->selected->options;
  const view v = view_of(stage, pass);
  if (pass->training) {
    measure(&v, x);
  } else {
    take_running(&v);
  }
  for (int64_t g = 0; g < groups(&v); g++) {
    const stretch s = group_rows(&v, g);
    const double *mean = totals_of(&v, g) + 1, *variance = mean + v.n;
    for (int64_t j = 0; j < v.n; j++) {
      sp_value_set(v.precision, v.mean, g * v.n + j, mean[j]);
      sp_value_set(v.precision, v.inverse, g * v.n + j, 1 / sqrt(variance[j] + o->epsilon));
    }
    sp_normalise_channels(v.precision, s.rows, v.n, at(&v, x, s.begin * v.n), at(&v, v.mean, g * v.n),
                          at(&v, v.inverse, g * v.n), v.scale, v.shift, into(&v, y, s.begin * v.n));
  }
}

static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  (void)y;
  const view v = view_of(stage, pass);
  const int64_t n = v.n;
  for (int64_t i = 0; i < v.lanes; i++) {
    const stretch lane = lane_rows(&v, i);
    const int64_t g = group_of(&v, i);
    double *slopes = v.sums + i * 2 * n;
    sp_normalise_channels_sums(v.precision, lane.rows, n, at(&v, x, lane.begin * n), at(&v, v.mean, g * n),
                               at(&v, v.inverse, g * n), at(&v, dy, lane.begin * n), slopes, slopes + n);
  }
  if (v.norm->scale) sp_pass_set_gradient(pass, v.norm->scale, 1, v.sums + n, 2 * n);
  if (v.norm->shift) sp_pass_set_gradient(pass, v.norm->shift, 1, v.sums, 2 * n);
  add_lanes(&v, 1, 2 * n);
  divide_by_count(&v, 1, 2 * n);
  for (int64_t g = 0; dx && g < groups(&v); g++) {
    const stretch s = group_rows(&v, g);
    const double *slopes = totals_of(&v, g) + 1;
    sp_normalise_channels_backward(v.precision, s.rows, n, at(&v, x, s.begin * n), at(&v, v.mean, g * n),
                                   at(&v, v.inverse, g * n), v.scale, slopes, slopes + n, at(&v, dy, s.begin * n),
                                   into(&v, dx, s.begin * n));
  }
}

const sp_layer_type sp_layer_batch_norm = {
    .about = {"batch_norm", "normalise each channel to mean 0 and variance 1 over the batch, then scale and shift it",
              options, sizeof(batch_norm_options)},
    .build = build,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
