// SPDX-License-Identifier: Apache-2.0
// conv3d: a convolution over samples of shape (depth, height, width, channels).
#include "model/convolution_layer.h"

static sp_status build(sp_builder *builder, const void *options, sp_layer *layer) {
  return sp_convolution_layer_build(builder, 3, options, layer);
}

const sp_layer_type sp_layer_conv3d =
    SP_CONVOLUTION_LAYER("conv3d", "convolution over volumes: samples [depth, height, width, channels]");
