// The layers there are.
#ifndef SP_MODEL_LAYERS_H
#define SP_MODEL_LAYERS_H

#include "model/layer.h"

extern const sp_layer_type sp_layer_dense;
extern const sp_layer_type sp_layer_relu;
extern const sp_layer_type sp_layer_tanh;
extern const sp_layer_type sp_layer_sigmoid;
extern const sp_layer_type sp_layer_softmax;
extern const sp_layer_type sp_layer_flatten;

#endif
