// SPDX-License-Identifier: Apache-2.0
// global_average_pool: the mean of each channel over all positions of a sample (…, channels).
#include "model/pooling_layer.h"

const sp_layer_type sp_layer_global_average_pool = {
    .about = {"global_average_pool", "mean of each channel over all positions: samples [..., channels]",
              sp_global_pooling_option_table, sizeof(sp_global_pooling_options)},
    .build = sp_global_pooling_layer_build,
    .forward = sp_average_pool_layer_forward,
    .backward = sp_average_pool_layer_backward,
};
