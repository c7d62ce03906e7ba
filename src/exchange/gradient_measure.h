// SPDX-License-Identifier: Apache-2.0
// What is measured of the whole gradient before any value is updated, such as its norm: the same bits on every number of
// ranks and with every transport.
#ifndef SP_EXCHANGE_GRADIENT_MEASURE_H
#define SP_EXCHANGE_GRADIENT_MEASURE_H

#include "exchange/transport.h"

/// Sets x->measure. Collective: yes. Errors: SP_ERR_MEMORY, agreed on.
sp_status sp_measure_create(sp_exchange *x);
int64_t sp_measure_memory(const sp_exchange *x);  ///< bytes of this rank; where all ranks share them, of the first one
void sp_measure_free(sp_exchange *x);

/// Note what a stretch adds. Within a block stretches come in order.
void sp_measure_add(sp_exchange *x, sp_stretch stretch, void *parameters, const void *sum);

/// All ranks have noted all their stretches: put them together and report the total to the job. Returns its answer.
/// Collective: yes.
bool sp_measure_report(sp_exchange *x);

#endif
