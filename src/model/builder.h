// SPDX-License-Identifier: Apache-2.0
// How a network is put together: the sequence of all layers, their names, and the parameter table that comes of it.
#ifndef SP_MODEL_BUILDER_H
#define SP_MODEL_BUILDER_H

#include "model/layer.h"

// --- for the build of a layer --------------------------------------------------------------------------------------

/// Memory that lives as long as the network, zeroed.
void *sp_builder_memory(sp_builder *builder, size_t size);

/// Declare a tensor; `wanted` is copied, and its offset and count are set once all layers are built.
/// Errors: SP_ERR_SHAPE / SP_ERR_MEMORY when it has more values than can be addressed.
sp_status sp_builder_parameter(sp_builder *builder, sp_layer *layer, const sp_parameter *wanted,
                               const sp_parameter **out);

// --- for a network and for blocks ---------------------------------------------------------------------------------

/// Build one layer for samples of shape `input`. Errors: what its type says, with the layer's path before it.
sp_status sp_builder_layer(sp_builder *builder, const sp_selected *selected, const sp_shape *input, sp_layer **out);

/// Everything that is built comes from the arena, which outlives the builder and belongs to the caller.
sp_builder *sp_builder_create(sp_arena *arena);

/// All layers, in the order they were built; a block stands before the layers within it.
int64_t sp_builder_layers(const sp_builder *builder, sp_layer *const **layers);

/// A tensor as the initialisers see it, in the order of the table.
typedef struct sp_parameter_list {
  const sp_parameter *const *parameter;
  int64_t count;
} sp_parameter_list;

/// Lay out the parameter vector: sets offset and count of every declared tensor.
/// Errors: SP_ERR_MEMORY when the vector has more values than can be addressed.
sp_status sp_builder_finish(sp_builder *builder, sp_parameter_table *table, sp_parameter_list *list);

#endif
