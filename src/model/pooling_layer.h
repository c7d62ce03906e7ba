// SPDX-License-Identifier: Apache-2.0
// What the pooling layers share. A layer of a maximum keeps the positions of the maxima from forward to backward.
#ifndef SP_MODEL_POOLING_LAYER_H
#define SP_MODEL_POOLING_LAYER_H

#include "model/layer.h"

typedef struct sp_pooling_options {
  sp_integers size, stride;
  sp_numbers padding;
  const char *name;
} sp_pooling_options;

extern const sp_option sp_pooling_option_table[];

typedef struct sp_global_pooling_options {
  const char *name;
} sp_global_pooling_options;

extern const sp_option sp_global_pooling_option_table[];

/// Build a layer over windows along `axes` spatial axes. Errors: SP_ERR_SHAPE if the input has another rank or is smaller than
/// a window; SP_ERR_CONFIG for options that do not fit together.
sp_status sp_pooling_layer_build(sp_builder *builder, int axes, const void *options, sp_layer *layer);
/// Build a layer over all positions of a sample at once. Errors: SP_ERR_SHAPE for fewer than two dimensions.
sp_status sp_global_pooling_layer_build(sp_builder *builder, const void *options, sp_layer *layer);

sp_status sp_max_pool_layer_prepare(sp_plan *plan, const sp_layer *layer, void **prepared);
void sp_max_pool_layer_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y);
void sp_max_pool_layer_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                                void *dx);
void sp_average_pool_layer_forward(const sp_stage *stage, const sp_pass *pass, const void *x, void *y);
void sp_average_pool_layer_backward(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy,
                                    void *dx);

#endif
