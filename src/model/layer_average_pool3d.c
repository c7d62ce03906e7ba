// SPDX-License-Identifier: Apache-2.0
// average_pool3d: the mean of each window of samples of shape (depth, height, width, channels).
#include "model/pooling_layer.h"

static sp_status build(sp_builder *builder, const void *options, sp_layer *layer) {
  return sp_pooling_layer_build(builder, 3, options, layer);
}

const sp_layer_type sp_layer_average_pool3d = {
    .about = {"average_pool3d", "mean of each window: samples [depth, height, width, channels]",
              sp_pooling_option_table, sizeof(sp_pooling_options)},
    .build = build,
    .forward = sp_average_pool_layer_forward,
    .backward = sp_average_pool_layer_backward,
};
