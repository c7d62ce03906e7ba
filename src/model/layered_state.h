// SPDX-License-Identifier: Apache-2.0
// The state of a layered network.
#ifndef SP_MODEL_LAYERED_STATE_H
#define SP_MODEL_LAYERED_STATE_H

#include "model/builder.h"
#include "model/chain.h"
#include "model/network_kind.h"

/// What is prepared for one batch size.
typedef struct sp_prepared {
  int64_t rows;
  sp_layer_chain_stage *chain;
  int64_t output, output_gradient;  ///< workspace
  struct sp_prepared *next;
} sp_prepared;

typedef struct sp_layered {
  sp_layer *const *layer;  ///< all layers, including those within blocks
  int64_t layers;
  sp_layer_chain chain;
  int input;               ///< column of the data that the first layer reads
  const char *input_name;  ///< of that column
  sp_parameter_list parameters;
  sp_prepared *prepared;
  void *workspace;
  int64_t workspace_bytes;
} sp_layered;

static inline sp_layered *sp_layered_of(const struct sp_network *network) { return network->state; }

/// Returns what is prepared for a number of rows, or NULL.
static inline const sp_prepared *sp_layered_prepared(const struct sp_network *network, int64_t rows) {
  const sp_prepared *prepared = sp_layered_of(network)->prepared;
  while (prepared && prepared->rows != rows) prepared = prepared->next;
  return prepared;
}

#endif
