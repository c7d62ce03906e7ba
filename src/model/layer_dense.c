// SPDX-License-Identifier: Apache-2.0
// A fully connected layer: y (rows, units) = f(x (rows, in) W (in, units) + b (units)).
#include "model/layer_dense.h"

#include "compute/elementwise.h"
#include "compute/product.h"
#include "model/builder.h"
#include "model/initialiser.h"

static const sp_option options[] = {
    {.name = "units",
     .kind = SP_OPTION_INT,
     .offset = offsetof(sp_dense_options, units),
     .range = "[1, inf)",
     .help = "number of outputs"},
    {.name = "bias",
     .kind = SP_OPTION_BOOL,
     .offset = offsetof(sp_dense_options, bias),
     .preset = "true",
     .help = "add a trained value to each output"},
    {.name = "weight_init",
     .kind = SP_OPTION_VARIANT,
     .offset = offsetof(sp_dense_options, weight_init),
     .preset = "glorot_uniform",
     .help = "initialiser of the weights",
     .variants = sp_initialisers},
    {.name = "bias_init",
     .kind = SP_OPTION_VARIANT,
     .offset = offsetof(sp_dense_options, bias_init),
     .preset = "zeros",
     .help = "initialiser of the bias",
     .variants = sp_initialisers},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(sp_dense_options, name),
     .help = "name of the layer; by default dense_1, dense_2, ...",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

typedef struct dense {
  int64_t in, units;
  const sp_parameter *weight, *bias;  // bias may be NULL
  sp_activation activation;           // of the fused layer that follows
} dense;

typedef struct prepared {
  const sp_product *output, *weight_gradient, *input_gradient;
} prepared;

static sp_status build(sp_builder *builder, const void *given, sp_layer *layer) {
  const sp_dense_options *o = given;
  SP_TRY(sp_layer_rename(layer, o->name));
  SP_TRY(sp_layer_wants_flat(layer));
  dense *d = sp_builder_memory(builder, sizeof *d);
  d->in = layer->input.extent[0];
  d->units = o->units;
  sp_parameter weight = {.name = "weight",
                         .shape = {2, {d->in, d->units}},
                         .fan_in = d->in,
                         .fan_out = d->units,
                         .initial = &o->weight_init};
  sp_parameter bias = {
      .name = "bias", .shape = {1, {d->units}}, .fan_in = d->in, .fan_out = d->units, .initial = &o->bias_init};
  SP_TRY(sp_builder_parameter(builder, layer, &weight, &d->weight));
  if (o->bias) SP_TRY(sp_builder_parameter(builder, layer, &bias, &d->bias));
  layer->output = (sp_shape){1, {d->units}};
  layer->flops = 2 * d->weight->count;
  layer->state = d;
  return SP_OK;
}

static bool fuse(sp_layer *layer, sp_activation activation) {
  dense *d = layer->state;
  if (d->activation != SP_IDENTITY) return false;
  d->activation = activation;
  return true;
}

static sp_status prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  const dense *d = layer->state;
  prepared *p = sp_arena_allocate(plan->arena, sizeof *p);
  sp_product_shape output = {
      .m = plan->rows, .n = d->units, .k = d->in, .bias = d->bias != NULL, .activation = d->activation};
  sp_product_shape weight = {.m = d->in, .n = d->units, .k = plan->rows, .a_transposed = true, .panels_of_rows = true};
  sp_product_shape input = {.m = plan->rows, .n = d->in, .k = d->units, .b_transposed = true};
  SP_TRY(sp_compute_product(plan->compute, &output, &p->output));
  SP_TRY(sp_compute_product(plan->compute, &weight, &p->weight_gradient));
  SP_TRY(sp_compute_product(plan->compute, &input, &p->input_gradient));
  *out = p;
  return SP_OK;
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const dense *d = stage->layer->state;
  const prepared *p = stage->prepared;
  const sp_parameter *last = d->bias ? d->bias : d->weight;
  const void *bias = d->bias ? sp_pass_parameter(pass, d->bias) : NULL;
  for (int64_t i = 0; i < sp_product_panels(p->output); i++) {
    if (i > 0) sp_pass_need(pass, last->offset + last->count);
    sp_product_run_panel(p->output, i, x, sp_pass_parameter(pass, d->weight), bias, y);
  }
}

// Gradients are computed from the end of the vector towards its beginning, so that their exchange can start early.
static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  const dense *d = stage->layer->state;
  const prepared *p = stage->prepared;
  const sp_parameter *last = d->bias ? d->bias : d->weight;
  sp_dtype precision = sp_compute_precision(pass->compute);
  sp_activate_backward(precision, d->activation, pass->rows * d->units, y, dy, dy);
  for (int64_t i = 0; dx && i < sp_product_panels(p->input_gradient); i++) {
    sp_product_run_panel(p->input_gradient, i, dy, sp_pass_parameter(pass, d->weight), NULL, dx);
    sp_pass_done(pass, last->offset + last->count);
  }
  for (int64_t part = 0; d->bias && part < pass->lanes->parts; part++) {
    const sp_lane_rows rows = sp_pass_part(pass, part);
    sp_column_sums(precision, &rows, d->units, dy, sp_pass_gradient(pass, part, d->bias));
  }
  for (int64_t i = sp_product_panels(p->weight_gradient) - 1; i >= 0; i--) {
    for (int64_t part = 0; part < pass->lanes->parts; part++) {
      const sp_lane_rows rows = sp_pass_part(pass, part);
      sp_product_run_lanes(p->weight_gradient, i, &rows, x, dy, sp_pass_gradient(pass, part, d->weight));
    }
    if (i > 0) sp_pass_done(pass, d->weight->offset + sp_product_panel_begin(p->weight_gradient, i) * d->units);
  }
}

const sp_layer_type sp_layer_dense = {
    .about = {"dense", "fully connected layer", options, sizeof(sp_dense_options)},
    .build = build,
    .fuse = fuse,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
