// SPDX-License-Identifier: Apache-2.0
// The layers: one line for each sp_layer_NAME, in the order of the help.
SP_LAYER(dense)
SP_LAYER(relu)
SP_LAYER(tanh)
SP_LAYER(sigmoid)
SP_LAYER(softmax)
SP_LAYER(flatten)
SP_LAYER(dropout)
SP_LAYER(embedding)
SP_LAYER(layer_norm)
SP_LAYER(batch_norm)
SP_LAYER(residual)
SP_LAYER(repeat)
