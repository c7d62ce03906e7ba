// SPDX-License-Identifier: Apache-2.0
// Searching a pass for the first value that is not finite, and reporting its place.
#include "model/layered_search.h"

#include <math.h>
#include <stdio.h>

#include "compute/elementwise.h"
#include "model/layered_pass.h"

typedef struct nonfinite_search {
  const struct sp_network *network;
  const sp_batch *batch;
  const sp_pass *pass;
  char *message;  // (512); empty until a value is found
} nonfinite_search;

// "output of dense_2 (sample rows 17, 40, …)"
static void report_rows(nonfinite_search *s, const char *what, const char *name, int64_t size, const void *values) {
  enum { MOST = 8, SIZE = 512 };
  size_t row_bytes = (size_t)size * sp_dtype_size(s->network->precision);
  int used = snprintf(s->message, SIZE, "%s%s (sample rows", what, name), found = 0;
  for (int64_t i = 0; i < s->batch->rows && found <= MOST; i++) {
    if (sp_all_finite(s->network->precision, size, (const char *)values + (size_t)i * row_bytes)) continue;
    if (found == MOST) {
      used += snprintf(s->message + used, SIZE - (size_t)used, ", …");
    } else {
      used +=
          snprintf(s->message + used, SIZE - (size_t)used, "%s %lld", found ? "," : "", (long long)s->batch->row[i]);
    }
    found++;
  }
  snprintf(s->message + used, SIZE - (size_t)used, ")");
}

static void look_at_rows(nonfinite_search *s, const char *what, const char *name, const sp_shape *shape,
                         const void *values) {
  int64_t size = sp_shape_size(shape);
  if (s->message[0] || sp_all_finite(s->network->precision, s->batch->rows * size, values)) return;
  report_rows(s, what, name, size, values);
}

static void forward(void *context, const sp_layer *layer, const void *y) {
  look_at_rows(context, "output of ", layer->name, &layer->output, y);
}

static void backward(void *context, const sp_layer *layer, const void *dx) {
  nonfinite_search *s = context;
  for (int i = 0; i < layer->parameters && !s->message[0]; i++) {
    const sp_parameter *p = layer->parameter[i];
    for (int64_t part = 0; part < s->pass->lanes->parts; part++) {
      if (sp_all_finite(s->network->precision, p->count, sp_pass_gradient(s->pass, part, p))) continue;
      snprintf(s->message, 512, "gradient of %s/%s", layer->name, p->name);
    }
  }
  if (dx) look_at_rows(s, "gradient at the input of ", layer->name, &layer->input, dx);
}

void sp_layered_find_nonfinite(struct sp_network *network, const sp_batch *batch, const void *parameters,
                               void *gradient, char message[512]) {
  const sp_layered *l = sp_layered_of(network);
  const sp_prepared *prepared = sp_layered_prepared(network, batch->rows);
  const void *input = batch->column[network->input];
  nonfinite_search s = {network, batch, NULL, message};
  sp_pass_observer observer = {forward, backward, &s};
  sp_pass pass = sp_layered_pass(network, batch, parameters, gradient, &observer);
  s.pass = &pass;
  look_at_rows(&s, l->input_name, "", &l->chain.input, input);
  const sp_loss *loss = &network->scoring.loss;
  const char *target = ((const sp_loss_common *)loss->options)->target;
  if (!loss->classes) look_at_rows(&s, target, "", &l->chain.output, batch->column[loss->target]);
  if (message[0]) return;
  void *output = sp_workspace(&pass, prepared->output), *slope = sp_workspace(&pass, prepared->output_gradient);
  sp_layer_chain_forward(prepared->chain, &pass, input, output);
  if (message[0]) return;
  sp_prediction prediction = sp_scoring_prediction(&network->scoring, batch, output);
  double sum = sp_loss_sum(loss, &prediction, slope);
  look_at_rows(&s, "gradient of the loss", "", &l->chain.output, slope);
  if (message[0]) return;
  if (!isfinite(sum)) {
    snprintf(message, 512, "loss");
    return;
  }
  sp_layer_chain_backward(prepared->chain, &pass, input, output, slope, NULL);
}
