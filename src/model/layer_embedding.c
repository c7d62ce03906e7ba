// SPDX-License-Identifier: Apache-2.0
// embedding: a trained vector for each integer of the input. x (rows, …) with integers in [0, vocabulary) becomes
// y (rows, …, width). The gradient of a vector is the sum over its occurrences, in each lane in the order of rows and positions.
#include <string.h>

#include "compute/lookup.h"
#include "model/builder.h"
#include "model/initialiser.h"

typedef struct embedding_options {
  int64_t vocabulary, width, padding;
  sp_selected weight_init;
  const char *name;
} embedding_options;

static const sp_option options[] = {
    {.name = "vocabulary",
     .kind = SP_OPTION_INT,
     .offset = offsetof(embedding_options, vocabulary),
     .range = "[1, inf)",
     .help = "number of different integers: the input has values from 0 to vocabulary - 1"},
    {.name = "width",
     .kind = SP_OPTION_INT,
     .offset = offsetof(embedding_options, width),
     .range = "[1, inf)",
     .help = "length of the vector of an integer"},
    {.name = "padding",
     .kind = SP_OPTION_INT,
     .offset = offsetof(embedding_options, padding),
     .range = "[0, inf)",
     .help = "integer that stands for no value: its vector is zero, also with model.initial, and is not trained",
     .flags = SP_OPTION_OPTIONAL},
    {.name = "weight_init",
     .kind = SP_OPTION_VARIANT,
     .offset = offsetof(embedding_options, weight_init),
     .preset = "uniform",
     .help = "initialiser of the vectors",
     .variants = sp_initialisers},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(embedding_options, name),
     .help = "name of the layer; by default embedding_1, embedding_2, ...",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

typedef struct embedding {
  sp_lookup_table table;
  const sp_parameter *weight;
} embedding;

typedef struct prepared {
  int64_t order;  // workspace: for the sum over lanes
} prepared;

// Above this, neighbouring integers are the same number in float32.
static const int64_t MOST_IN_FLOAT32 = INT64_C(1) << 24;

static sp_status check_options(const sp_builder *builder, const embedding_options *o, const sp_layer *layer) {
  if (o->padding != SP_AUTO && o->padding >= o->vocabulary) {
    return sp_fail(SP_ERR_CONFIG, "padding: expected an integer below the vocabulary, %lld, got %lld",
                   (long long)o->vocabulary, (long long)o->padding);
  }
  if (sp_builder_precision(builder) == SP_FLOAT32 && o->vocabulary > MOST_IN_FLOAT32) {
    return sp_fail(SP_ERR_CONFIG,
                   "vocabulary: expected at most %lld, got %lld: float32 cannot hold larger integers exactly (set "
                   "train.precision to float64)",
                   (long long)MOST_IN_FLOAT32, (long long)o->vocabulary);
  }
  if (!layer->reads_data) {
    return sp_fail(SP_ERR_CONFIG,
                   "expected the data as input, got the output of a layer that computes: put the embedding first");
  }
  if (layer->input.rank < SP_MAX_RANK) return SP_OK;
  return sp_fail(SP_ERR_SHAPE, "expected an input of at most %d dimensions, got %d", SP_MAX_RANK - 1,
                 layer->input.rank);
}

static sp_status build(sp_builder *builder, const void *given, sp_layer *layer) {
  const embedding_options *o = given;
  SP_TRY(sp_layer_rename(layer, o->name));
  SP_TRY(check_options(builder, o, layer));
  embedding *e = layer->state = sp_builder_memory(builder, sizeof *e);
  bool padded = o->padding != SP_AUTO;
  e->table = (sp_lookup_table){o->vocabulary, o->width, padded ? o->padding : -1};
  sp_parameter weight = {.name = "weight",
                         .shape = {2, {o->vocabulary, o->width}},
                         .fan_in = o->vocabulary,
                         .fan_out = o->width,
                         .initial = &o->weight_init};
  int64_t values;
  SP_TRY(sp_shape_count(&weight.shape, &values));  // the product below cannot overflow
  if (padded) weight.first_zero = o->padding * o->width, weight.zeros = o->width;
  layer->output.extent[layer->output.rank++] = o->width;
  return sp_builder_parameter(builder, layer, &weight, &e->weight);
}

static sp_status check(const sp_layer *layer, sp_dtype precision, int64_t rows, const void *x, int64_t *row) {
  const embedding *e = layer->state;
  int64_t n = sp_shape_size(&layer->input);
  int64_t wrong = sp_lookup_first_wrong(precision, e->table.entries, rows * n, x);
  if (wrong < 0) return SP_OK;
  *row = wrong / n;
  return sp_fail(SP_ERR_DATA, "value %lld of the input: expected an integer from 0 to %lld, got %.9g",
                 (long long)(wrong % n), (long long)e->table.entries - 1, sp_value_at(precision, x, wrong));
}

static sp_status prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  prepared *p = *out = sp_arena_allocate(plan->arena, sizeof *p);
  const int64_t n = plan->lanes > 1 ? sp_shape_size(&layer->input) : 0;
  return sp_plan_reserve_rows(plan, n, 2 * sizeof(int64_t), &p->order);
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const embedding *e = stage->layer->state;
  sp_lookup(sp_compute_precision(pass->compute), &e->table, pass->rows * sp_shape_size(&stage->layer->input), x,
            sp_pass_parameter(pass, e->weight), y);
}

// The output is constant between integers: dx is 0.
static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  (void)y;
  const embedding *e = stage->layer->state;
  const prepared *p = stage->prepared;
  sp_dtype precision = sp_compute_precision(pass->compute);
  int64_t each = sp_shape_size(&stage->layer->input), n = pass->rows * each;
  int64_t *order = sp_workspace(pass, p->order);
  for (int64_t part = 0; part < pass->lanes->parts; part++) {
    const sp_lane_rows rows = sp_pass_part(pass, part);
    sp_lookup_backward(precision, &e->table, &rows, each, x, dy, sp_pass_gradient(pass, part, e->weight), order);
  }
  if (dx) memset(dx, 0, (size_t)n * sp_dtype_size(precision));
}

const sp_layer_type sp_layer_embedding = {
    .about = {"embedding", "a trained vector for each integer of the input", options, sizeof(embedding_options)},
    .build = build,
    .check = check,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
