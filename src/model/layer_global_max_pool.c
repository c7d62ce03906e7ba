// SPDX-License-Identifier: Apache-2.0
// global_max_pool: the largest value of each channel over all positions of a sample (…, channels).
#include "model/pooling_layer.h"

const sp_layer_type sp_layer_global_max_pool = {
    .about = {"global_max_pool", "largest value of each channel over all positions: samples [..., channels]",
              sp_global_pooling_option_table, sizeof(sp_global_pooling_options)},
    .build = sp_global_pooling_layer_build,
    .prepare = sp_max_pool_layer_prepare,
    .forward = sp_max_pool_layer_forward,
    .backward = sp_max_pool_layer_backward,
};
