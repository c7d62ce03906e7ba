// SPDX-License-Identifier: Apache-2.0
// max_pool1d: the largest value of each window of samples of shape (length, channels).
#include "model/pooling_layer.h"

static sp_status build(sp_builder *builder, const void *options, sp_layer *layer) {
  return sp_pooling_layer_build(builder, 1, options, layer);
}

const sp_layer_type sp_layer_max_pool1d = {
    .about = {"max_pool1d", "largest value of each window: samples [length, channels]", sp_pooling_option_table,
              sizeof(sp_pooling_options)},
    .build = build,
    .prepare = sp_max_pool_layer_prepare,
    .forward = sp_max_pool_layer_forward,
    .backward = sp_max_pool_layer_backward,
};
