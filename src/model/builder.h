// SPDX-License-Identifier: Apache-2.0
// Building a network: the sequence of all layers, their names, and the resulting parameter table.
#ifndef SP_MODEL_BUILDER_H
#define SP_MODEL_BUILDER_H

#include "model/layer.h"

// --- for the build function of a layer -----------------------------------------------------------------------------

/// Returns zeroed memory that is valid as long as the network.
void *sp_builder_memory(sp_builder *builder, size_t size);

/// Declare a tensor. `wanted` is copied; offset and count of the copy are set once all layers are built.
/// Errors: SP_ERR_SHAPE / SP_ERR_MEMORY when it has more values than can be addressed.
sp_status sp_builder_parameter(sp_builder *builder, sp_layer *layer, const sp_parameter *wanted,
                               const sp_parameter **out);

/// Returns the precision in which the network computes.
sp_dtype sp_builder_precision(const sp_builder *builder);

// --- for a network and for blocks ---------------------------------------------------------------------------------

/// Begin the layers within a block, after sp_layer_rename: until sp_builder_leave, names begin with that of the block,
/// "residual_1/dense_1", and, if `part` is not 0, with the number of the part, "repeat_1/2/dense_1". The numbers in
/// default names begin with 1 again. Errors: SP_ERR_CONFIG for more than SP_LAYER_DEPTH blocks within each other, and for a
/// name that is used already or too long.
sp_status sp_builder_enter(sp_builder *builder, const sp_layer *block, int64_t part);
void sp_builder_leave(sp_builder *builder);

/// Build one layer for samples of shape `input`. Errors: those of its type, prefixed with the path of the innermost layer;
/// SP_ERR_CONFIG for more than SP_BUILDER_LAYERS layers.
sp_status sp_builder_layer(sp_builder *builder, const sp_selected *selected, const sp_shape *input, sp_layer **out);

enum { SP_BUILDER_LAYERS = 10000 };  ///< maximum number of layers of a network

/// Create a builder. All memory comes from the arena, which belongs to the caller and must outlive the network.
sp_builder *sp_builder_create(sp_arena *arena, sp_dtype precision);

/// Returns the number of layers, and sets *layers to all of them in build order; a block precedes the layers within it.
int64_t sp_builder_layers(const sp_builder *builder, sp_layer *const **layers);

/// The tensors as the initialisers see them, in the order of the table.
typedef struct sp_parameter_list {
  const sp_parameter *const *parameter;
  int64_t count;
} sp_parameter_list;

/// Lay out the parameter vector: set offset and count of every declared tensor.
/// Errors: SP_ERR_MEMORY when the vector has more values than can be addressed.
sp_status sp_builder_finish(sp_builder *builder, sp_parameter_table *table, sp_parameter_list *list);

#endif
