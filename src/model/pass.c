// Passes over a batch: forward, loss, backward. Nothing is allocated here.
#include <string.h>

#include "model/network_state.h"

sp_pass sp_network_pass(const sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
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
      .workspace = network->workspace,
      .observer = observer,
      .events = network->in_order && !observer ? batch->events : NULL,
  };
}

sp_prediction sp_network_prediction(const sp_network *network, const sp_batch *batch, const void *output) {
  return (sp_prediction){
      .precision = network->precision,
      .rows = batch->rows,
      .size = sp_shape_size(&network->chain.output),
      .output = output,
      .targets = batch->targets,
      .classes = network->classes > 0,
  };
}

static void count(const sp_network *network, const sp_prediction *prediction, void *slope, double *sums) {
  if (network->sums == 0) return;  // no targets
  *sums++ = sp_loss_type_of(&network->loss)->run(network->loss.options, prediction, slope);
  for (int i = 0; i < network->metrics; i++) {
    const sp_metric *metric = &network->metric[i];
    metric->type->count(metric, prediction, sums);
    sums += metric->sums;
  }
}

static void zero(const sp_network *network, void *vector, int64_t begin, int64_t end) {
  size_t size = sp_dtype_size(network->precision);
  memset((char *)vector + (size_t)begin * size, 0, (size_t)(end - begin) * size);
}

// The layers write their tensors; what lies between and behind those is written here.
static void zero_gaps(const sp_network *network, void *gradient) {
  const sp_parameter_table *table = &network->table;
  int64_t end = 0;
  for (int64_t i = 0; i < table->tensors; i++) {
    zero(network, gradient, end, table->tensor[i].offset);
    end = table->tensor[i].offset + table->tensor[i].count;
  }
  zero(network, gradient, end, sp_parameter_values(table));
}

// What is not told layer by layer is told at once.

static void need_all(const sp_network *network, const sp_batch *batch) {
  const sp_pass_events *events = batch->events;
  if (events && (!network->in_order || batch->rows == 0)) {
    events->need(events->context, sp_parameter_values(&network->table));
  }
}

static void done_none(const sp_network *network, const sp_batch *batch) {
  const sp_pass_events *events = batch->events;
  if (events) events->done(events->context, sp_parameter_values(&network->table));
}

static void done_all(const sp_network *network, const sp_batch *batch) {
  const sp_pass_events *events = batch->events;
  if (events && (!network->in_order || batch->rows == 0)) events->done(events->context, 0);
}

void sp_network_gradient(sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                         double *sums) {
  if (batch->rows == 0) {
    need_all(network, batch);  // what has not arrived is not done with
    zero(network, gradient, 0, sp_parameter_values(&network->table));
    memset(sums, 0, (size_t)network->sums * sizeof *sums);
    done_none(network, batch);
    done_all(network, batch);
    return;
  }
  if (network->objective) {  // its tensors come and go at once: it is not in order
    need_all(network, batch);
    sp_objective_run(network->objective, batch, parameters, gradient, sums);
    done_none(network, batch);
    done_all(network, batch);
    return;
  }
  const sp_prepared *prepared = sp_network_prepared(network, batch->rows);
  sp_pass pass = sp_network_pass(network, batch, parameters, gradient, NULL);
  void *output = sp_workspace(&pass, prepared->output), *slope = sp_workspace(&pass, prepared->output_gradient);
  need_all(network, batch);
  sp_chain_forward(prepared->chain, &pass, batch->features, output);
  sp_prediction prediction = sp_network_prediction(network, batch, output);
  count(network, &prediction, slope, sums);
  zero_gaps(network, gradient);
  done_none(network, batch);
  sp_chain_backward(prepared->chain, &pass, batch->features, output, slope, NULL);
  done_all(network, batch);
}

void sp_network_evaluate(sp_network *network, const sp_batch *batch, const void *parameters, void *output,
                         double *sums) {
  if (batch->rows == 0) {
    memset(sums, 0, (size_t)network->sums * sizeof *sums);
    return;
  }
  if (network->objective) {
    need_all(network, batch);
    sp_objective_run(network->objective, batch, parameters, NULL, sums);
    return;
  }
  const sp_prepared *prepared = sp_network_prepared(network, batch->rows);
  sp_pass pass = sp_network_pass(network, batch, parameters, NULL, NULL);
  if (!output) output = sp_workspace(&pass, prepared->output);
  need_all(network, batch);
  sp_chain_forward(prepared->chain, &pass, batch->features, output);
  sp_prediction prediction = sp_network_prediction(network, batch, output);
  count(network, &prediction, NULL, sums);
}
