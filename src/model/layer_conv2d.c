// SPDX-License-Identifier: Apache-2.0
// conv2d: a convolution over samples of shape (height, width, channels).
#include "model/convolution_layer.h"

static sp_status build(sp_builder *builder, const void *options, sp_layer *layer) {
  return sp_convolution_layer_build(builder, 2, options, layer);
}

const sp_layer_type sp_layer_conv2d =
    SP_CONVOLUTION_LAYER("conv2d", "convolution over images: samples [height, width, channels]");
