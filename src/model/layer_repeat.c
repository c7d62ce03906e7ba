// SPDX-License-Identifier: Apache-2.0
// repeat: a list of layers several times in succession, each time with parameters of its own.
#include "model/builder.h"
#include "model/chain.h"

typedef struct repeat_options {
  int64_t times;
  sp_selected_list layers;
  const char *name;
} repeat_options;

static const sp_option options[] = {
    {.name = "times",
     .kind = SP_OPTION_INT,
     .offset = offsetof(repeat_options, times),
     .range = "[1, 1000]",
     .help = "number of repetitions"},
    {.name = "layers",
     .kind = SP_OPTION_VARIANTS,
     .offset = offsetof(repeat_options, layers),
     .help = "layers of one repetition from first to last, at least one",
     .variants = sp_layers},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(repeat_options, name),
     .help = "name of the block; by default repeat_1, repeat_2, ...",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

static sp_status build(sp_builder *builder, const void *given, sp_layer *layer) {
  const repeat_options *o = given;
  SP_TRY(sp_layer_rename(layer, o->name));
  if (o->layers.count == 0) return sp_fail(SP_ERR_CONFIG, "expected at least one layer in the block, got none");
  sp_layer_chain *chain = layer->state = sp_builder_memory(builder, sizeof *chain);
  sp_layer_chain_begin(chain, &layer->input);
  for (int64_t i = 1; i <= o->times; i++) {
    SP_TRY(sp_builder_enter(builder, layer, i));
    SP_TRY(sp_layer_chain_append(builder, &o->layers, chain));
    sp_builder_leave(builder);
  }
  layer->output = chain->output;
  return SP_OK;
}

static sp_status prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  sp_layer_chain_stage *chain;
  SP_TRY(sp_layer_chain_prepare(plan, layer->state, &chain));
  *out = chain;
  return SP_OK;
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  sp_layer_chain_forward(stage->prepared, pass, x, y);
}

static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  sp_layer_chain_backward(stage->prepared, pass, x, y, dy, dx);
}

const sp_layer_type sp_layer_repeat = {
    .about = {"repeat", "a block: a list of layers several times in succession", options, sizeof(repeat_options)},
    .build = build,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
