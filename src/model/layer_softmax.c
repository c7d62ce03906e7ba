// SPDX-License-Identifier: Apache-2.0
// softmax: along the last dimension of a sample, exp(x_j) / sum_k exp(x_k).
#include <string.h>

#include "compute/softmax.h"
#include "model/layer.h"

static sp_status build(sp_builder *builder, const void *options, sp_layer *layer) {
  (void)builder, (void)options;
  if (layer->input.rank > 0) return SP_OK;
  return sp_fail(SP_ERR_SHAPE, "expected an input of at least one dimension, got []");
}

// The number of values in one softmax, and the number of softmaxes.
static int64_t width(const sp_stage *stage) { return stage->layer->input.extent[stage->layer->input.rank - 1]; }

static int64_t count(const sp_stage *stage, const sp_pass *pass) {
  return pass->rows * (sp_shape_size(&stage->layer->input) / width(stage));
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  sp_dtype precision = sp_compute_precision(pass->compute);
  int64_t n = width(stage), rows = count(stage, pass);
  memcpy(y, x, (size_t)(rows * n) * sp_dtype_size(precision));
  sp_softmax(precision, rows, n, y);
}

static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  (void)x;
  if (dx) sp_softmax_backward(sp_compute_precision(pass->compute), count(stage, pass), width(stage), y, dy, dx);
}

const sp_layer_type sp_layer_softmax = {
    .about = {.name = "softmax", .help = "probabilities along the last dimension (part of softmax_cross_entropy)"},
    .build = build,
    .forward = forward,
    .backward = backward,
};
