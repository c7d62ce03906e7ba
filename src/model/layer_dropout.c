// SPDX-License-Identifier: Apache-2.0
// dropout: in training each value is 0 with probability `rate`, and otherwise divided by 1 - rate, so that its
// expectation is unchanged. In inference y = x. Srivastava et al. 2014, "Dropout: a simple way to prevent neural
// networks from overfitting"; scaled in training, as in PyTorch and Keras.
#include <math.h>
#include <string.h>

#include "compute/mask.h"
#include "model/layer.h"

typedef struct dropout_options {
  double rate;
  const char *name;
} dropout_options;

static const sp_option options[] = {
    {.name = "rate",
     .kind = SP_OPTION_REAL,
     .offset = offsetof(dropout_options, rate),
     .preset = "0.5",
     .range = "[0, 1)",
     .help = "probability with which a value is dropped"},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(dropout_options, name),
     .help = "name of the layer; by default dropout_1, dropout_2, ...",
     .flags = SP_OPTION_OPTIONAL},
    {0},
};

typedef struct prepared {
  int64_t mask;  // workspace: (rows, values of a sample) bytes, kept from forward to backward
} prepared;

static const dropout_options *options_of(const sp_layer *layer) { return layer->selected->options; }

static sp_status build(sp_builder *builder, const void *given, sp_layer *layer) {
  (void)builder;
  return sp_layer_rename(layer, ((const dropout_options *)given)->name);  // the output has the shape of the input
}

static sp_status prepare(sp_plan *plan, const sp_layer *layer, void **out) {
  prepared *p = *out = sp_arena_allocate(plan->arena, sizeof *p);
  return sp_plan_reserve_rows(plan, sp_shape_size(&layer->output), 1, &p->mask);
}

static double factor(const sp_layer *layer) { return 1 / (1 - options_of(layer)->rate); }

static uint32_t threshold(const sp_layer *layer) {
  return (uint32_t)fmin(rint(options_of(layer)->rate * 0x1p32), 0x1p32 - 1);
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  const prepared *p = stage->prepared;
  sp_dtype precision = sp_compute_precision(pass->compute);
  int64_t n = sp_shape_size(&stage->layer->output);
  if (!pass->training) {
    memcpy(y, x, (size_t)(pass->rows * n) * sp_dtype_size(precision));
    return;
  }
  sp_random_key key = sp_pass_random_key(pass, stage->layer);
  uint8_t *mask = sp_workspace(pass, p->mask);
  for (int64_t i = 0; i < pass->rows; i++) sp_mask_draw(key, pass->row[i], n, threshold(stage->layer), mask + i * n);
  sp_mask_apply(precision, pass->rows * n, factor(stage->layer), mask, x, y);
}

static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  (void)x, (void)y;
  const prepared *p = stage->prepared;
  if (!dx) return;
  sp_mask_apply(sp_compute_precision(pass->compute), pass->rows * sp_shape_size(&stage->layer->output),
                factor(stage->layer), sp_workspace(pass, p->mask), dy, dx);
}

const sp_layer_type sp_layer_dropout = {
    .about = {"dropout", "set random values to 0 in training, and scale the others; no effect in inference", options,
              sizeof(dropout_options)},
    .build = build,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
