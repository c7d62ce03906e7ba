// SPDX-License-Identifier: Apache-2.0
// A chain of layers, each of which takes the output of the layer before it. A network is a chain, and a block contains
// one or more. A block runs the layers within it in the order in which it built them, and backward in the reverse order,
// because the exchange follows the order of the parameter vector; tensors of the block itself precede those within it.
#ifndef SP_MODEL_CHAIN_H
#define SP_MODEL_CHAIN_H

#include "model/layer.h"

typedef struct sp_layer_chain {
  sp_shape input, output;
  sp_layer **layer;  ///< the layers to run: without views, and without activations fused into the layer before them
  int64_t layers, capacity;
} sp_layer_chain;

/// A chain prepared for one batch size.
typedef struct sp_layer_chain_stage sp_layer_chain_stage;

/// Begin a chain without layers for samples of shape `input`, and build the layers of a list at its end.
/// Errors: those of a layer, prefixed with its path.
void sp_layer_chain_begin(sp_layer_chain *chain, const sp_shape *input);
sp_status sp_layer_chain_append(sp_builder *builder, const sp_selected_list *list, sp_layer_chain *chain);

/// Both in one call.
sp_status sp_layer_chain_build(sp_builder *builder, const sp_selected_list *list, const sp_shape *input,
                               sp_layer_chain *chain);

/// Prepare a chain for one batch size. The chain must not move while the result is in use.
sp_status sp_layer_chain_prepare(sp_plan *plan, const sp_layer_chain *chain, sp_layer_chain_stage **out);

/// Compute y (rows, output) from x (rows, input), as the `forward` of a layer.
void sp_layer_chain_forward(const sp_layer_chain_stage *stage, const sp_pass *pass, const void *x, void *y);

/// Compute gradients as the `backward` of a layer: dy is overwritten. If dx is NULL, the layers before the first one
/// with parameters are skipped.
void sp_layer_chain_backward(const sp_layer_chain_stage *stage, const sp_pass *pass, const void *x, const void *y,
                             void *dy, void *dx);

#endif
