// SPDX-License-Identifier: Apache-2.0
// The losses: one line for each sp_loss_NAME, in the order of the help.
SP_LOSS(softmax_cross_entropy)
SP_LOSS(sigmoid_cross_entropy)
SP_LOSS(mse)
SP_LOSS(mae)
SP_LOSS(huber)
