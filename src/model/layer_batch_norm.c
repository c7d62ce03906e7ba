// SPDX-License-Identifier: Apache-2.0
// batch_norm: y = scale (x - mean) / sqrt(variance + epsilon) + shift, for each channel (index of the last axis). In training,
// mean and variance are those of all rows of the batch, or of the rows of the lane; in inference, running averages of them,
// which are statistics. Ioffe & Szegedy 2015, arXiv:1502.03167; as torch.nn.BatchNorm1d.
//
// The mean is summed over all lanes first, and then the squares of the differences from it, so that a large mean costs no
// precision. A running average moves by `momentum` towards the mean and the unbiased variance of the batch.
#include <math.h>

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

// Workspace. mean, inverse: (channels) in the precision, kept from forward to backward. sums: float64, from forward to
// backward only the first, the number of values of a channel.
typedef struct prepared {
  int64_t mean, inverse, sums;
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

static sp_status prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  const norm *s = layer->state;
  prepared *p = *out = sp_arena_allocate(plan->arena, sizeof *p);
  int64_t size = (int64_t)sp_dtype_size(sp_compute_precision(plan->compute));
  SP_TRY(sp_plan_reserve(plan, s->channels * size, &p->mean));
  SP_TRY(sp_plan_reserve(plan, s->channels * size, &p->inverse));
  return sp_plan_reserve(plan, (1 + 2 * s->channels) * (int64_t)sizeof(double), &p->sums);
}

// --- passes -------------------------------------------------------------------------------------------------------

// What the functions of a pass use.
typedef struct view {
  const norm *norm;
  sp_dtype precision;
  int64_t rows, n;  // of the matrix: values of a channel in this lane, channels
  void *mean, *inverse;
  const void *scale, *shift;  // may be NULL
  double *sums;
} view;

static view view_of(const sp_stage *stage, const sp_pass *pass) {
  const norm *s = stage->layer->state;
  const prepared *p = stage->prepared;
  return (view){.norm = s,
                .precision = sp_compute_precision(pass->compute),
                .rows = pass->rows * s->places,
                .n = s->channels,
                .mean = sp_workspace(pass, p->mean),
                .inverse = sp_workspace(pass, p->inverse),
                .scale = s->scale ? sp_pass_parameter(pass, s->scale) : NULL,
                .shift = s->shift ? sp_pass_parameter(pass, s->shift) : NULL,
                .sums = sp_workspace(pass, p->sums)};
}

static void reduce(const sp_stage *stage, const sp_pass *pass, int64_t n, double *sums) {
  const batch_norm_options *o = stage->layer->selected->options;
  if (o->over == OVER_BATCH) sp_pass_reduce(pass, n, sums);
}

// Writes factor * sums as what this lane's rows contribute to a statistic.
static void observe(const sp_pass *pass, const view *v, const sp_parameter *statistic, double factor,
                    const double *sums) {
  void *gradient = sp_pass_gradient(pass, statistic);
  for (int64_t j = 0; j < v->n; j++) sp_value_set(v->precision, gradient, j, factor * sums[j]);
}

// A single value has no unbiased variance: the running variance keeps its value.
static void observe_nothing(const sp_pass *pass, const view *v, const sp_parameter *statistic) {
  sp_pass_need(pass, statistic->offset + statistic->count);
  const void *now = sp_pass_parameter(pass, statistic);
  void *gradient = sp_pass_gradient(pass, statistic);
  for (int64_t j = 0; j < v->n; j++) {
    sp_value_set(v->precision, gradient, j, (double)pass->rows * sp_value_at(v->precision, now, j));
  }
}

// Compute the mean and the variance of the batch, and what this lane's rows contribute to the running ones.
static void measure(const sp_stage *stage, const sp_pass *pass, const view *v, const void *x, double *mean,
                    double *squares) {
  double *count = v->sums, places = (double)v->norm->places;
  *count = (double)v->rows;
  sp_channel_sums(v->precision, v->rows, v->n, x, mean);
  observe(pass, v, v->norm->mean, 1 / places, mean);
  reduce(stage, pass, 1 + v->n, count);  // the count, followed by the sums
  for (int64_t j = 0; j < v->n; j++) mean[j] /= *count;
  sp_channel_squares(v->precision, v->rows, v->n, x, mean, squares);
  if (*count > 1) {
    observe(pass, v, v->norm->variance, *count / (*count - 1) / places, squares);
  } else {
    observe_nothing(pass, v, v->norm->variance);
  }
  reduce(stage, pass, v->n, squares);
  for (int64_t j = 0; j < v->n; j++) squares[j] /= *count;
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const batch_norm_options *o = stage->layer->selected->options;
  view v = view_of(stage, pass);
  double *mean = v.sums + 1, *variance = mean + v.n;
  if (pass->training) {
    measure(stage, pass, &v, x, mean, variance);
  } else {
    for (int64_t j = 0; j < v.n; j++) {
      mean[j] = sp_value_at(v.precision, sp_pass_parameter(pass, v.norm->mean), j);
      variance[j] = sp_value_at(v.precision, sp_pass_parameter(pass, v.norm->variance), j);
    }
  }
  for (int64_t j = 0; j < v.n; j++) {
    sp_value_set(v.precision, v.mean, j, mean[j]);
    sp_value_set(v.precision, v.inverse, j, 1 / sqrt(variance[j] + o->epsilon));
  }
  sp_normalise_channels(v.precision, v.rows, v.n, x, v.mean, v.inverse, v.scale, v.shift, y);
}

static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  (void)y;
  view v = view_of(stage, pass);
  double count = *v.sums, *slopes = v.sums + 1, *products = slopes + v.n;
  sp_normalise_channels_sums(v.precision, v.rows, v.n, x, v.mean, v.inverse, dy, slopes, products);
  if (v.norm->scale) sp_pass_set_gradient(pass, v.norm->scale, products);
  if (v.norm->shift) sp_pass_set_gradient(pass, v.norm->shift, slopes);
  reduce(stage, pass, 2 * v.n, slopes);
  for (int64_t j = 0; j < 2 * v.n; j++) slopes[j] /= count;
  if (!dx) return;
  sp_normalise_channels_backward(v.precision, v.rows, v.n, x, v.mean, v.inverse, v.scale, slopes, products, dy, dx);
}

const sp_layer_type sp_layer_batch_norm = {
    .about = {"batch_norm", "normalise each channel to mean 0 and variance 1 over the batch, then scale and shift it",
              options, sizeof(batch_norm_options)},
    .build = build,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
