// The registry of layers. A new one: its file, and its line here.
#include "model/layers.h"

#include "model/network.h"

const sp_variant *const sp_layers[] = {
    &sp_layer_dense.about, &sp_layer_relu.about,    &sp_layer_tanh.about, &sp_layer_sigmoid.about,
    &sp_layer_softmax.about, &sp_layer_flatten.about, NULL,
};
