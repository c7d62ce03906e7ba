// SPDX-License-Identifier: Apache-2.0
// Pooling layers: windows along the spatial axes of samples (…, channels), or all positions at once. compute/pooling.h has
// the formulas.
#include "model/pooling_layer.h"

#include <string.h>

#include "compute/pooling.h"
#include "model/builder.h"
#include "model/spatial.h"

#define AT(member) offsetof(sp_pooling_options, member)
const sp_option sp_pooling_option_table[] = {
    {.name = "size",
     .kind = SP_OPTION_INTS,
     .offset = AT(size),
     .range = "[1, 65536]",
     .help = "extent of a window: one number for all axes, or one for each"},
    {.name = "stride",
     .kind = SP_OPTION_INTS,
     .offset = AT(stride),
     .range = "[1, 65536]",
     .help =
         "positions from one window to the next: one number, or one for each axis; by default the extent of a window",
     .flags = SP_OPTION_OPTIONAL},
    {.name = "padding",
     .kind = SP_OPTION_NUMBERS,
     .offset = AT(padding),
     .preset = "valid",
     .range = SP_PADDING_RANGE,
     .help =
         "positions added around the input, which take no part: valid adds none; same adds as many as make the "
         "output as long as the input divided by stride; causal adds all of them before the input; a number adds that "
         "many on both sides of every axis, and a list has one number for each axis, or those before and after each "
         "axis"},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = AT(name),
     .help = "name of the layer; by default its type and a number",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

const sp_option sp_global_pooling_option_table[] = {
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(sp_global_pooling_options, name),
     .help = "name of the layer; by default its type and a number",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

typedef struct prepared {
  int64_t position;  // workspace: positions of the maxima
} prepared;

// --- build --------------------------------------------------------------------------------------------------------

static sp_status check_positions(const sp_pooling *p) {
  if (p->in[0] * p->in[1] * p->in[2] <= INT32_MAX) return SP_OK;
  return sp_fail(SP_ERR_SHAPE, "expected at most %d positions in a sample", INT32_MAX);
}

/// Every window must have a position of the input.
static sp_status check_padding(const sp_spatial *s) {
  for (int i = 0; i < s->axes; i++) {
    const int64_t last = (s->out[i] - 1) * s->stride[i] - s->before[i];
    if (s->before[i] < s->kernel[i] && last < s->in[i]) continue;
    return sp_fail(SP_ERR_CONFIG, "padding: a window of %lld lies in the padding alone: pad less than its extent",
                   (long long)s->kernel[i]);
  }
  return SP_OK;
}

sp_status sp_pooling_layer_build(sp_builder *builder, int axes, const void *given, sp_layer *layer) {
  const sp_pooling_options *o = given;
  sp_spatial s;
  SP_TRY(sp_layer_rename(layer, o->name));
  SP_TRY(sp_spatial_create(layer, axes, &s));
  SP_TRY(sp_spatial_option(&s, "size", &o->size, s.kernel));
  SP_TRY(sp_spatial_option(&s, "stride", o->stride.count > 0 ? &o->stride : &o->size, s.stride));
  SP_TRY(sp_spatial_pad(&s, &o->padding));
  SP_TRY(check_padding(&s));
  sp_pooling *p = layer->state = sp_builder_memory(builder, sizeof *p);
  p->channels = layer->input.extent[axes];
  memcpy(p->in, s.in, sizeof p->in);
  memcpy(p->out, s.out, sizeof p->out);
  memcpy(p->size, s.kernel, sizeof p->size);
  memcpy(p->stride, s.stride, sizeof p->stride);
  memcpy(p->before, s.before, sizeof p->before);
  sp_spatial_output(&s, p->channels, layer);
  return check_positions(p);
}

sp_status sp_global_pooling_layer_build(sp_builder *builder, const void *given, sp_layer *layer) {
  const sp_shape *input = &layer->input;
  char text[200];
  SP_TRY(sp_layer_rename(layer, ((const sp_global_pooling_options *)given)->name));
  if (input->rank < 2) {
    return sp_fail(SP_ERR_SHAPE, "expected an input of shape [..., channels] with at least two dimensions, got %s",
                   sp_shape_text(input, text));
  }
  sp_pooling *p = layer->state = sp_builder_memory(builder, sizeof *p);
  p->channels = input->extent[input->rank - 1];
  for (int i = 0; i < SP_POOLING_AXES; i++) p->in[i] = p->out[i] = p->size[i] = p->stride[i] = 1;
  p->in[0] = p->size[0] = sp_shape_size(input) / p->channels;
  layer->output = (sp_shape){1, {p->channels}};
  return check_positions(p);
}

// --- pass ---------------------------------------------------------------------------------------------------------

sp_status sp_max_pool_layer_prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  prepared *p = *out = sp_arena_allocate(plan->arena, sizeof *p);
  return sp_plan_reserve_rows(plan, sp_shape_size(&layer->output), sizeof(int32_t), &p->position);
}

void sp_max_pool_layer_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const prepared *p = stage->prepared;
  sp_max_pool(sp_compute_precision(pass->compute), stage->layer->state, pass->rows, x, y,
              sp_workspace(pass, p->position));
}

void sp_max_pool_layer_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                                void *dx) {
  (void)x, (void)y;
  const prepared *p = stage->prepared;
  if (!dx) return;
  sp_max_pool_backward(sp_compute_precision(pass->compute), stage->layer->state, pass->rows, dy,
                       sp_workspace(pass, p->position), dx);
}

void sp_average_pool_layer_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  sp_average_pool(sp_compute_precision(pass->compute), stage->layer->state, pass->rows, x, y);
}

void sp_average_pool_layer_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                                    void *dx) {
  (void)x, (void)y;
  if (!dx) return;
  sp_average_pool_backward(sp_compute_precision(pass->compute), stage->layer->state, pass->rows, dy, dx);
}
