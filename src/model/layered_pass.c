// SPDX-License-Identifier: Apache-2.0
// Passes over a batch: forward, loss, backward. They allocate no memory.
#include "model/layered_pass.h"

#include <string.h>

sp_pass sp_layered_pass(const struct sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                        const sp_pass_observer *observer) {
  return (sp_pass){
      .compute = network->compute,
      .rows = batch->rows,
      .training = gradient != NULL,
      .row = batch->row,
      .seed = batch->seed,
      .step = batch->step,
      .parameters = parameters,
      .gradient = gradient,
      .lanes = batch->lanes,
      .workspace = sp_layered_of(network)->workspace,
      .observer = observer,
      .events = !observer ? batch->events : NULL,
      .reduction = gradient && !observer ? batch->reduction : NULL,
  };
}

static void zero(const struct sp_network *network, void *vector, int64_t begin, int64_t end) {
  size_t size = sp_dtype_size(network->precision);
  memset((char *)vector + (size_t)begin * size, 0, (size_t)(end - begin) * size);
}

// The layers write their tensors; this function zeroes the gaps and the padding.
static void zero_gaps(const struct sp_network *network, void *gradient) {
  const sp_parameter_table *table = &network->table;
  int64_t end = 0;
  for (int64_t i = 0; i < table->tensors; i++) {
    zero(network, gradient, end, table->tensor[i].offset);
    end = table->tensor[i].offset + table->tensor[i].count;
  }
  zero(network, gradient, end, sp_parameter_values(table));
}

void sp_layered_gradient(struct sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                         double *sums) {
  const sp_prepared *prepared = sp_layered_prepared(network, batch->rows);
  sp_pass pass = sp_layered_pass(network, batch, parameters, gradient, NULL);
  void *output = sp_workspace(&pass, prepared->output), *slope = sp_workspace(&pass, prepared->output_gradient);
  sp_layer_chain_forward(prepared->chain, &pass, batch->column[network->input], output);
  sp_scoring_count(&network->scoring, batch, output, slope, sums);
  for (int64_t part = 0; part < batch->lanes->parts; part++) {
    zero_gaps(network, (char *)gradient + part * batch->lanes->stride);
  }
  sp_pass_events_done(batch->events, sp_parameter_values(&network->table));
  if (network->table.trained_blocks < network->table.blocks) {  // forward has written the statistics
    sp_pass_events_done(batch->events, network->table.trained_blocks * SP_BLOCK);
  }
  sp_layer_chain_backward(prepared->chain, &pass, batch->column[network->input], output, slope, NULL);
}

void sp_layered_evaluate(struct sp_network *network, const sp_batch *batch, const void *parameters, void *output,
                         double *sums) {
  const sp_prepared *prepared = sp_layered_prepared(network, batch->rows);
  sp_pass pass = sp_layered_pass(network, batch, parameters, NULL, NULL);
  if (!output) output = sp_workspace(&pass, prepared->output);
  sp_layer_chain_forward(prepared->chain, &pass, batch->column[network->input], output);
  if (sums) sp_scoring_count(&network->scoring, batch, output, NULL, sums);
}
