// SPDX-License-Identifier: Apache-2.0
// A chain: layers of which each takes what the one before it gives. A network is one, and so is the inside of a block.
#ifndef SP_MODEL_CHAIN_H
#define SP_MODEL_CHAIN_H

#include "model/layer.h"

typedef struct sp_layer_chain {
  sp_shape input, output;
  sp_layer **layer;  ///< those that are run: no views, and no activations that the layer before them applies
  int64_t layers;
} sp_layer_chain;

/// A chain prepared for one batch size.
typedef struct sp_layer_chain_stage sp_layer_chain_stage;

/// Build the layers of a list for samples of shape `input`. Errors: what a layer says, with its path.
sp_status sp_layer_chain_build(sp_builder *builder, const sp_selected_list *list, const sp_shape *input,
                               sp_layer_chain *chain);

/// The chain must stay where it is as long as what is prepared for it is used.
sp_status sp_layer_chain_prepare(sp_plan *plan, const sp_layer_chain *chain, sp_layer_chain_stage **out);

/// y (rows, output) from x (rows, input), as a layer does it.
void sp_layer_chain_forward(const sp_layer_chain_stage *stage, const sp_pass *pass, const void *x, void *y);

/// As a layer does it: dy is overwritten, dx may be NULL. Then the layers before the first one with parameters are skipped.
void sp_layer_chain_backward(const sp_layer_chain_stage *stage, const sp_pass *pass, const void *x, const void *y,
                             void *dy, void *dx);

#endif
