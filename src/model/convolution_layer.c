// SPDX-License-Identifier: Apache-2.0
// Convolutions: y (rows, positions, filters) = f(x (rows, positions, channels) * w (kernel, channels / groups, filters) + b
// (filters)), channels last. compute/convolution_shape.h has the formula.
#include "model/convolution_layer.h"

#include <string.h>

#include "compute/convolution.h"
#include "model/builder.h"
#include "model/initialiser.h"
#include "model/spatial.h"

#define AT(member) offsetof(sp_convolution_options, member)
const sp_option sp_convolution_option_table[] = {
    {.name = "filters",
     .kind = SP_OPTION_INT,
     .offset = AT(filters),
     .range = "[1, inf)",
     .help = "number of channels of the output"},
    {.name = "kernel",
     .kind = SP_OPTION_INTS,
     .offset = AT(kernel),
     .range = "[1, 65536]",
     .help = "extent of the kernel: one number for all axes, or one for each"},
    {.name = "stride",
     .kind = SP_OPTION_INTS,
     .offset = AT(stride),
     .preset = "1",
     .range = "[1, 1024]",
     .help = "positions from one output to the next: one number, or one for each axis"},
    {.name = "dilation",
     .kind = SP_OPTION_INTS,
     .offset = AT(dilation),
     .preset = "1",
     .range = "[1, 65536]",
     .help = "positions from one value that the kernel takes to the next: one number, or one for each axis"},
    {.name = "padding",
     .kind = SP_OPTION_NUMBERS,
     .offset = AT(padding),
     .preset = "valid",
     .range = SP_PADDING_RANGE,
     .help = SP_PADDING_HELP},
    {.name = "groups",
     .kind = SP_OPTION_INT,
     .offset = AT(groups),
     .preset = "1",
     .range = "[1, inf)",
     .help = "groups of channels and filters that are convolved by themselves; as many as channels: depthwise"},
    {.name = "bias",
     .kind = SP_OPTION_BOOL,
     .offset = AT(bias),
     .preset = "true",
     .help = "add a trained value to each filter"},
    {.name = "weight_init",
     .kind = SP_OPTION_VARIANT,
     .offset = AT(weight_init),
     .preset = "glorot_uniform",
     .help = "initialiser of the weights",
     .variants = sp_initialisers},
    {.name = "bias_init",
     .kind = SP_OPTION_VARIANT,
     .offset = AT(bias_init),
     .preset = "zeros",
     .help = "initialiser of the bias",
     .variants = sp_initialisers},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = AT(name),
     .help = "name of the layer; by default its type and a number",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

typedef struct convolution {
  sp_convolution_shape shape;
  const sp_parameter *weight, *bias;  // bias may be NULL
} convolution;

// --- build --------------------------------------------------------------------------------------------------------

static sp_status check_groups(const sp_convolution_options *o, int64_t channels) {
  if (channels % o->groups != 0 || o->filters % o->groups != 0) {
    return sp_fail(SP_ERR_CONFIG, "groups: %lld does not divide the %lld channels of the input and the %lld filters",
                   (long long)o->groups, (long long)channels, (long long)o->filters);
  }
  return SP_OK;
}

static sp_status declare(sp_builder *builder, const sp_convolution_options *o, const sp_spatial *s, sp_layer *layer,
                         convolution *c) {
  const int64_t depth = c->shape.channels / o->groups;
  int64_t positions;
  sp_parameter weight = {.name = "weight", .shape = {.rank = s->axes + 2}, .initial = &o->weight_init};
  sp_shape kernel = {.rank = s->axes};
  for (int i = 0; i < s->axes; i++) kernel.extent[i] = weight.shape.extent[i] = s->kernel[i];
  weight.shape.extent[s->axes] = depth;
  weight.shape.extent[s->axes + 1] = o->filters;
  SP_TRY(sp_shape_count(&weight.shape, &weight.fan_in));
  SP_TRY(sp_shape_count(&kernel, &positions));
  weight.fan_in = positions * depth;
  weight.fan_out = positions * (o->filters / o->groups);
  sp_parameter bias = {.name = "bias",
                       .shape = {1, {o->filters}},
                       .fan_in = weight.fan_in,
                       .fan_out = weight.fan_out,
                       .initial = &o->bias_init};
  SP_TRY(sp_builder_parameter(builder, layer, &weight, &c->weight));
  return o->bias ? sp_builder_parameter(builder, layer, &bias, &c->bias) : SP_OK;
}

static sp_status count_flops(const sp_convolution_shape *s, const sp_parameter *weight, sp_layer *layer) {
  if (sp_multiply_size(sp_positions(s->out), weight->count, &layer->flops) && layer->flops < INT64_MAX / 64) {
    layer->flops *= 2;
    return SP_OK;
  }
  return sp_fail(SP_ERR_SHAPE, "more operations than can be counted");
}

static void set_shape(const sp_spatial *spatial, const sp_convolution_options *o, int64_t channels,
                      sp_convolution_shape *s) {
  *s = (sp_convolution_shape){.channels = channels, .filters = o->filters, .groups = o->groups, .bias = o->bias};
  memcpy(s->in, spatial->in, sizeof s->in);
  memcpy(s->out, spatial->out, sizeof s->out);
  memcpy(s->kernel, spatial->kernel, sizeof s->kernel);
  memcpy(s->stride, spatial->stride, sizeof s->stride);
  memcpy(s->dilation, spatial->dilation, sizeof s->dilation);
  memcpy(s->before, spatial->before, sizeof s->before);
}

sp_status sp_convolution_layer_build(sp_builder *builder, int axes, const void *given, sp_layer *layer) {
  const sp_convolution_options *o = given;
  sp_spatial spatial;
  int64_t values;
  SP_TRY(sp_layer_rename(layer, o->name));
  SP_TRY(sp_spatial_create(layer, axes, &spatial));
  const int64_t channels = layer->input.extent[axes];
  SP_TRY(sp_spatial_option(&spatial, "kernel", &o->kernel, spatial.kernel));
  SP_TRY(sp_spatial_option(&spatial, "stride", &o->stride, spatial.stride));
  SP_TRY(sp_spatial_option(&spatial, "dilation", &o->dilation, spatial.dilation));
  SP_TRY(sp_spatial_pad(&spatial, &o->padding));
  SP_TRY(check_groups(o, channels));
  convolution *c = layer->state = sp_builder_memory(builder, sizeof *c);
  sp_spatial_output(&spatial, o->filters, layer);
  SP_TRY(sp_shape_count(&layer->output, &values));
  set_shape(&spatial, o, channels, &c->shape);
  SP_TRY(declare(builder, o, &spatial, layer, c));
  return count_flops(&c->shape, c->weight, layer);
}

bool sp_convolution_layer_fuse(sp_layer *layer, sp_activation activation) {
  convolution *c = layer->state;
  if (c->shape.activation != SP_IDENTITY) return false;
  c->shape.activation = activation;
  return true;
}

sp_status sp_convolution_layer_prepare(sp_plan *plan, const sp_layer *layer, void **prepared) {
  const convolution *c = layer->state;
  const sp_convolution *operation;
  SP_TRY(sp_compute_convolution(plan->compute, &c->shape, &operation));
  memcpy(prepared, &operation, sizeof operation);  // whose const the layer keeps
  return SP_OK;
}

// --- pass ---------------------------------------------------------------------------------------------------------

/// Returns the number of rows that take a few milliseconds, after which the pass lets the exchange work.
static int64_t rows_at_a_time(const sp_layer *layer) {
  const int64_t most = (INT64_C(1) << 29) / layer->flops;
  return most > 1 ? most : 1;
}

static int64_t end_of(const convolution *c) {
  const sp_parameter *last = c->bias ? c->bias : c->weight;
  return last->offset + last->count;
}

void sp_convolution_layer_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const sp_layer *layer = stage->layer;
  const convolution *c = layer->state;
  const size_t size = sp_dtype_size(sp_compute_precision(pass->compute));
  const size_t inputs = (size_t)sp_shape_size(&layer->input) * size;
  const size_t outputs = (size_t)sp_shape_size(&layer->output) * size;
  const void *bias = c->bias ? sp_pass_parameter(pass, c->bias) : NULL;
  for (int64_t i = 0, rows; i < pass->rows; i += rows) {
    const int64_t most = rows_at_a_time(layer);
    rows = pass->rows - i < most ? pass->rows - i : most;
    if (i > 0) sp_pass_need(pass, end_of(c));
    sp_convolution_run(stage->prepared, rows, (const char *)x + (size_t)i * inputs, sp_pass_parameter(pass, c->weight),
                       bias, (char *)y + (size_t)i * outputs);
  }
}

void sp_convolution_layer_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                                   void *dx) {
  const sp_layer *layer = stage->layer;
  const convolution *c = layer->state;
  const sp_dtype precision = sp_compute_precision(pass->compute);
  const int64_t values = sp_shape_size(&layer->output), most = rows_at_a_time(layer);
  const size_t outputs = (size_t)values * sp_dtype_size(precision);
  const size_t inputs = (size_t)sp_shape_size(&layer->input) * sp_dtype_size(precision);
  sp_activate_backward(precision, c->shape.activation, pass->rows * values, y, dy, dy);
  for (int64_t i = 0; dx && i < pass->rows; i += most) {
    const int64_t rows = pass->rows - i < most ? pass->rows - i : most;
    sp_convolution_run_input(stage->prepared, rows, (const char *)dy + (size_t)i * outputs,
                             sp_pass_parameter(pass, c->weight), (char *)dx + (size_t)i * inputs);
    sp_pass_done(pass, end_of(c));
  }
  for (int64_t part = 0; part < pass->lanes->parts; part++) {
    const sp_lane_rows rows = sp_pass_part(pass, part);
    sp_convolution_run_weights(stage->prepared, &rows, x, dy, sp_pass_gradient(pass, part, c->weight),
                               c->bias ? sp_pass_gradient(pass, part, c->bias) : NULL);
  }
}
