// SPDX-License-Identifier: Apache-2.0
// Losses of rows: the choice of kernels.
#include "compute/row_loss.h"

static const sp_row_loss_kernels *const kernels[] = {
#define SP_CPU(name) &sp_row_loss_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

void sp_squared_loss(const sp_row_loss *l, bool half) { kernels[sp_cpu()]->squared_loss(l, half); }

void sp_absolute_loss(const sp_row_loss *l) { kernels[sp_cpu()]->absolute_loss(l); }

void sp_huber_loss(const sp_row_loss *l, double delta) { kernels[sp_cpu()]->huber_loss(l, delta); }

void sp_sigmoid_loss(const sp_row_loss *l, double smoothing, const double *factor) {
  kernels[sp_cpu()]->sigmoid_loss(l, smoothing, factor);
}

void sp_softmax_loss(const sp_row_loss *l, double smoothing, const double *factor) {
  kernels[sp_cpu()]->softmax_loss(l, smoothing, factor);
}
