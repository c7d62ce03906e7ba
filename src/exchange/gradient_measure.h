// SPDX-License-Identifier: Apache-2.0
// A measure of the whole gradient, such as its norm, computed before any value is updated. Its bits are the same on
// every number of ranks and with every transport.
#ifndef SP_EXCHANGE_GRADIENT_MEASURE_H
#define SP_EXCHANGE_GRADIENT_MEASURE_H

#include "exchange/transport.h"

/// Sets x->measure. Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_measure_create(sp_exchange *x);
int64_t sp_measure_memory(const sp_exchange *x);  ///< bytes of this rank; shared bytes are counted by the first rank
void sp_measure_free(sp_exchange *x);

/// Add the contribution of a stretch. The stretches of a block must be added in order.
void sp_measure_add(sp_exchange *x, sp_stretch stretch, void *parameters, const void *sum);

/// Combine the contributions of all ranks and pass the total to job.measured. Returns its result. Collective: yes.
bool sp_measure_report(sp_exchange *x);

#endif
