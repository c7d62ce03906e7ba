// SPDX-License-Identifier: Apache-2.0
// conv1d: a convolution over samples of shape (length, channels).
#include "model/convolution_layer.h"

static sp_status build(sp_builder *builder, const void *options, sp_layer *layer) {
  return sp_convolution_layer_build(builder, 1, options, layer);
}

const sp_layer_type sp_layer_conv1d =
    SP_CONVOLUTION_LAYER("conv1d", "convolution over time or a sequence: samples [length, channels]");
