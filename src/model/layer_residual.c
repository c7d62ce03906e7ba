// SPDX-License-Identifier: Apache-2.0
// residual: y = x + f(x), where f is a chain of layers whose output has the shape of its input. He et al. 2016, "Deep
// residual learning for image recognition".
#include <string.h>

#include "compute/elementwise.h"
#include "model/builder.h"
#include "model/chain.h"

typedef struct residual_options {
  sp_selected_list layers;
  const char *name;
} residual_options;

static const sp_option options[] = {
    {.name = "layers",
     .kind = SP_OPTION_VARIANTS,
     .offset = offsetof(residual_options, layers),
     .help = "layers from first to last, at least one; their output is added to the input of the block",
     .variants = sp_layers},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(residual_options, name),
     .help = "name of the block; by default residual_1, residual_2, ...",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

typedef struct prepared {
  sp_layer_chain_stage *chain;
  int64_t inner, slope;  // workspace: f(x), and dy, which the chain overwrites
} prepared;

static sp_status build(sp_builder *builder, const void *given, sp_layer *layer) {
  const residual_options *o = given;
  char before[200], after[200];
  SP_TRY(sp_layer_rename(layer, o->name));
  if (o->layers.count == 0) return sp_fail(SP_ERR_CONFIG, "expected at least one layer in the block, got none");
  sp_layer_chain *chain = layer->state = sp_builder_memory(builder, sizeof *chain);
  SP_TRY(sp_builder_enter(builder, layer, 0));
  SP_TRY(sp_layer_chain_build(builder, &o->layers, &layer->input, chain));
  sp_builder_leave(builder);
  if (sp_shape_equal(&chain->output, &layer->input)) return SP_OK;
  return sp_fail(SP_ERR_SHAPE,
                 "%s: its layers turn samples of shape %s into %s, expected the same shape, so that both can be added",
                 layer->name, sp_shape_text(&layer->input, before), sp_shape_text(&chain->output, after));
}

static sp_status prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  prepared *p = *out = sp_arena_allocate(plan->arena, sizeof *p);
  SP_TRY(sp_layer_chain_prepare(plan, layer->state, &p->chain));
  SP_TRY(sp_plan_reserve_values(plan, sp_shape_size(&layer->output), &p->inner));
  return sp_plan_reserve_values(plan, sp_shape_size(&layer->output), &p->slope);
}

static int64_t values(const sp_stage *stage, const sp_pass *pass) {
  return pass->rows * sp_shape_size(&stage->layer->output);
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const prepared *p = stage->prepared;
  void *inner = sp_workspace(pass, p->inner);
  sp_layer_chain_forward(p->chain, pass, x, inner);
  sp_sum(sp_compute_precision(pass->compute), values(stage, pass), x, inner, y);
}

// dx = dy + (df/dx)^T dy.
static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  (void)y;
  const prepared *p = stage->prepared;
  sp_dtype precision = sp_compute_precision(pass->compute);
  int64_t n = values(stage, pass);
  void *slope = sp_workspace(pass, p->slope);
  if (dx) memcpy(slope, dy, (size_t)n * sp_dtype_size(precision));
  sp_layer_chain_backward(p->chain, pass, x, sp_workspace(pass, p->inner), dy, dx);
  if (dx) sp_add(precision, n, dx, slope);
}

const sp_layer_type sp_layer_residual = {
    .about = {"residual", "a block: the output of a list of layers is added to its input", options,
              sizeof(residual_options)},
    .build = build,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
