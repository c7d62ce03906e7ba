// SPDX-License-Identifier: Apache-2.0
// flatten: a sample of any shape as one row of values. No data are copied.
#include "model/layer.h"

static sp_status build(sp_builder *builder, const void *options, sp_layer *layer) {
  (void)builder, (void)options;
  layer->output = (sp_shape){1, {sp_shape_size(&layer->input)}};
  layer->view = true;
  return SP_OK;
}

const sp_layer_type sp_layer_flatten = {
    .about = {.name = "flatten", .help = "a sample of any shape as one row of values"},
    .build = build,
};
