// SPDX-License-Identifier: Apache-2.0
// relu, tanh, sigmoid: element-wise layers, which are fused into the layer before them where possible.
#include <string.h>

#include "compute/elementwise.h"
#include "model/layer.h"

static sp_status build(sp_builder *builder, const void *options, sp_layer *layer) {
  (void)builder, (void)options, (void)layer;  // the output has the shape of the input
  return SP_OK;
}

static int64_t values(const sp_stage *stage, const sp_pass *pass) {
  return pass->rows * sp_shape_size(&stage->layer->output);
}

static void forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y) {
  int64_t n = values(stage, pass);
  memcpy(y, x, (size_t)n * sp_dtype_size(sp_compute_precision(pass->compute)));
  sp_activate(sp_compute_precision(pass->compute), stage->layer->type->activation, n, y);
}

static void backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx) {
  (void)x;
  if (!dx) return;
  sp_activate_backward(sp_compute_precision(pass->compute), stage->layer->type->activation, values(stage, pass), y, dy,
                       dx);
}

const sp_layer_type sp_layer_relu = {
    .about = {.name = "relu", .help = "max(x, 0)"},
    .activation = SP_RELU,
    .build = build,
    .forward = forward,
    .backward = backward,
};

const sp_layer_type sp_layer_tanh = {
    .about = {.name = "tanh", .help = "hyperbolic tangent"},
    .activation = SP_TANH,
    .build = build,
    .forward = forward,
    .backward = backward,
};

const sp_layer_type sp_layer_sigmoid = {
    .about = {.name = "sigmoid", .help = "1 / (1 + exp(-x))"},
    .activation = SP_SIGMOID,
    .build = build,
    .forward = forward,
    .backward = backward,
};
