// The table of layers for people.
#include <stdio.h>

#include "model/network_state.h"

static void line(sp_text *out, int depth, const char *name, const char *shape, int64_t parameters) {
  char count[32];
  sp_text_add(out, "%*s%-*s  %-20s %14s\n", 2 * depth, "", 24 - 2 * depth, name, shape,
              parameters ? sp_text_count(parameters, count) : "-");
}

void sp_network_summary(const sp_network *network, sp_text *out) {
  char shape[200], count[32];
  if (network->objective) {
    for (int64_t i = 0; i < network->table.tensors; i++) {
      const sp_tensor *t = &network->table.tensor[i];
      line(out, 0, t->name, sp_shape_text(&t->shape, shape), t->count);
    }
    sp_text_add(out, "%s parameters, objective %s\n", sp_text_count(network->table.trainable, count),
                sp_objective_about(network->objective)->name);
    return;
  }
  sp_text_add(out, "%-24s  %-20s %14s\n", "layer", "output", "parameters");
  line(out, 0, "input", sp_shape_text(&network->chain.input, shape), 0);
  for (int64_t i = 0; i < network->layers; i++) {
    const sp_layer *layer = network->layer[i];
    int64_t values = 0;
    for (int j = 0; j < layer->parameters; j++) {
      if (layer->parameter[j]->kind == SP_TENSOR_TRAINED) values += layer->parameter[j]->count;
    }
    line(out, layer->depth, layer->name, sp_shape_text(&layer->output, shape), values);
  }
  sp_text_add(out, "%s parameters, loss %s\n", sp_text_count(network->table.trainable, count),
              network->loss.type->name);
}
