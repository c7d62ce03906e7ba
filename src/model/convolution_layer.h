// SPDX-License-Identifier: Apache-2.0
// What the layers conv1d, conv2d and conv3d share: they differ in the number of spatial axes alone.
#ifndef SP_MODEL_CONVOLUTION_LAYER_H
#define SP_MODEL_CONVOLUTION_LAYER_H

#include "model/layer.h"

typedef struct sp_convolution_options {
  int64_t filters;
  sp_integers kernel, stride, dilation;
  sp_numbers padding;
  int64_t groups;
  bool bias;
  sp_selected weight_init, bias_init;
  const char *name;
} sp_convolution_options;

extern const sp_option sp_convolution_option_table[];

/// Build a convolution over `axes` spatial axes. Errors: SP_ERR_SHAPE if the input has another rank, or is smaller than the
/// kernel; SP_ERR_CONFIG for options that do not fit together.
sp_status sp_convolution_layer_build(sp_builder *builder, int axes, const void *options, sp_layer *layer);

bool sp_convolution_layer_fuse(sp_layer *layer, sp_activation activation);
sp_status sp_convolution_layer_prepare(sp_plan *plan, const sp_layer *layer, void **prepared);
void sp_convolution_layer_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y);
void sp_convolution_layer_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                                   void *dx);

/// The type of a layer whose file has a function `build`.
#define SP_CONVOLUTION_LAYER(name, help)                                                                \
  {                                                                                                     \
    .about = {name, help, sp_convolution_option_table, sizeof(sp_convolution_options)}, .build = build, \
    .fuse = sp_convolution_layer_fuse, .prepare = sp_convolution_layer_prepare,                         \
    .forward = sp_convolution_layer_forward, .backward = sp_convolution_layer_backward,                 \
  }

#endif
