// What a network consists of; for the files that implement model/network.h.
#ifndef SP_MODEL_NETWORK_STATE_H
#define SP_MODEL_NETWORK_STATE_H

#include "base/memory.h"
#include "compute/compute.h"
#include "model/builder.h"
#include "model/chain.h"
#include "model/initialiser.h"
#include "model/loss.h"
#include "model/metric.h"
#include "model/network.h"
#include "model/objective_library.h"

/// What one batch size needs.
typedef struct sp_prepared {
  int64_t rows;
  sp_chain_stage *chain;
  int64_t output, output_gradient;  ///< workspace
  struct sp_prepared *next;
} sp_prepared;

struct sp_network {
  sp_objective_model *objective;  ///< NULL: layers, loss and metrics. Else of these only table, metric and sums are set
  sp_arena *arena;
  sp_compute *compute;
  sp_dtype precision;
  sp_layer *const *layer;  ///< all of them, those within blocks too
  int64_t layers;
  sp_layer_chain chain;
  sp_selected loss;
  int64_t classes;
  sp_metric *metric;
  int metrics;
  int sums;
  double *units;  ///< of the targets, for metrics that ask for them; NULL: none does
  sp_parameter_table table;
  sp_parameter_list parameters;
  bool in_order;  ///< the tensors lie as the layers are run: passes tell what they need and have done layer by layer
  sp_prepared *prepared;
  void *workspace;
  int64_t workspace_bytes;
};

/// What was prepared for a number of rows; NULL when it was not.
const sp_prepared *sp_network_prepared(const sp_network *network, int64_t rows);

/// A pass over a batch, in its prepared size. gradient NULL: inference.
sp_pass sp_network_pass(const sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                        const sp_pass_observer *observer);

/// How the loss and the metrics see a batch whose output has been computed.
sp_prediction sp_network_prediction(const sp_network *network, const sp_batch *batch, const void *output);

#endif
