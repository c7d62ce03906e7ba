// SPDX-License-Identifier: Apache-2.0
// layer_norm: y = scale (x - mean) / sqrt(variance + epsilon) + shift, with mean and variance of each row (sample), over its
// last axis or over all of its values. Ba, Kiros & Hinton 2016, arXiv:1607.06450; as torch.nn.LayerNorm.
#include "compute/normalise.h"
#include "model/builder.h"
#include "model/initialiser.h"

typedef enum norm_axes { AXES_LAST, AXES_ALL } norm_axes;

typedef struct layer_norm_options {
  int axes;
  double epsilon;
  bool scale, shift;
  sp_selected scale_init, shift_init;
  const char *name;
} layer_norm_options;

#define AT(member) offsetof(layer_norm_options, member)
static const sp_option options[] = {
    {.name = "axes",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(axes),
     .preset = "last",
     .range = "last|all",
     .help = "axes of a sample that are normalised together: the last one, or all"},
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
     .help = "multiply each normalised value by a trained value"},
    {.name = "shift",
     .kind = SP_OPTION_BOOL,
     .offset = AT(shift),
     .preset = "true",
     .help = "add a trained value to each normalised value"},
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
     .help = "name of the layer; by default layer_norm_1, layer_norm_2, ...",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

typedef struct norm {
  int64_t n;                          // values that are normalised together
  const sp_parameter *scale, *shift;  // may be NULL
} norm;

typedef struct prepared {
  int64_t mean, inverse;           // workspace: of each group of n values, in the precision
  int64_t scale_sums, shift_sums;  // workspace: (lanes, n) float64
} prepared;

static sp_status build(sp_builder *builder, const void *given, sp_layer *layer) {
  const layer_norm_options *o = given;
  SP_TRY(sp_layer_rename(layer, o->name));
  if (layer->input.rank == 0) return sp_fail(SP_ERR_SHAPE, "expected an input of at least one dimension, got []");
  norm *s = layer->state = sp_builder_memory(builder, sizeof *s);
  sp_shape shape = o->axes == AXES_ALL ? layer->input : (sp_shape){1, {layer->input.extent[layer->input.rank - 1]}};
  s->n = sp_shape_size(&shape);
  sp_parameter scale = {.name = "scale", .shape = shape, .fan_in = s->n, .fan_out = s->n, .initial = &o->scale_init};
  sp_parameter shift = {.name = "shift", .shape = shape, .fan_in = s->n, .fan_out = s->n, .initial = &o->shift_init};
  if (o->scale) SP_TRY(sp_builder_parameter(builder, layer, &scale, &s->scale));
  return o->shift ? sp_builder_parameter(builder, layer, &shift, &s->shift) : SP_OK;
}

static sp_status prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  const norm *s = layer->state;
  prepared *p = *out = sp_arena_allocate(plan->arena, sizeof *p);
  int64_t groups = sp_shape_size(&layer->input) / s->n;
  SP_TRY(sp_plan_reserve_values(plan, groups, &p->mean));
  SP_TRY(sp_plan_reserve_values(plan, groups, &p->inverse));
  SP_TRY(sp_plan_reserve_sums(plan, s->n, &p->scale_sums));
  return sp_plan_reserve_sums(plan, s->n, &p->shift_sums);
}

static int64_t groups_of_row(const sp_stage *stage) {
  const norm *s = stage->layer->state;
  return sp_shape_size(&stage->layer->input) / s->n;
}

static int64_t groups(const sp_stage *stage, const sp_pass *pass) { return pass->rows * groups_of_row(stage); }

static const void *values_of(const sp_pass *pass, const sp_parameter *parameter) {
  return parameter ? sp_pass_parameter(pass, parameter) : NULL;
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const norm *s = stage->layer->state;
  const prepared *p = stage->prepared;
  const layer_norm_options *o = stage->layer->selected->options;
  sp_normalise_rows(sp_compute_precision(pass->compute), groups(stage, pass), s->n, o->epsilon, x,
                    values_of(pass, s->scale), values_of(pass, s->shift), sp_workspace(pass, p->mean),
                    sp_workspace(pass, p->inverse), y);
}

/// Compute the gradients of scale and shift, for each lane, and add them.
static void add_gradients(const sp_stage *stage, const sp_pass *pass, const void *x, const void *dy) {
  const norm *s = stage->layer->state;
  const prepared *p = stage->prepared;
  const sp_dtype precision = sp_compute_precision(pass->compute);
  const size_t size = sp_dtype_size(precision);
  const char *mean = sp_workspace(pass, p->mean), *inverse = sp_workspace(pass, p->inverse);
  double *scale = s->scale ? sp_workspace(pass, p->scale_sums) : NULL;
  double *shift = s->shift ? sp_workspace(pass, p->shift_sums) : NULL;
  for (int64_t lane = 0; lane < pass->lanes->count; lane++) {
    const int64_t first = sp_pass_lane_begin(pass, lane) * groups_of_row(stage);
    const int64_t end = pass->lanes->end[lane] * groups_of_row(stage);
    const size_t at = (size_t)first * size, from = (size_t)(first * s->n) * size;
    sp_normalise_rows_sums(precision, end - first, s->n, (const char *)x + from, mean + at, inverse + at,
                           (const char *)dy + from, scale ? scale + lane * s->n : NULL,
                           shift ? shift + lane * s->n : NULL);
  }
  if (scale) sp_pass_set_gradient(pass, s->scale, 1, scale, s->n);
  if (shift) sp_pass_set_gradient(pass, s->shift, 1, shift, s->n);
}

static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  (void)y;
  const norm *s = stage->layer->state;
  const prepared *p = stage->prepared;
  add_gradients(stage, pass, x, dy);
  if (!dx) return;
  sp_normalise_rows_backward(sp_compute_precision(pass->compute), groups(stage, pass), s->n, x,
                             sp_workspace(pass, p->mean), sp_workspace(pass, p->inverse), values_of(pass, s->scale), dy,
                             dx);
}

const sp_layer_type sp_layer_layer_norm = {
    .about = {"layer_norm", "normalise each sample to mean 0 and variance 1, then scale and shift it", options,
              sizeof(layer_norm_options)},
    .build = build,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
