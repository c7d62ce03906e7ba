// SPDX-License-Identifier: Apache-2.0
// What an exchange does with the sum of a stretch: update it, keep it until all sums are known to be finite, or note that it
// is not finite.
#ifndef SP_EXCHANGE_EXCHANGE_APPLY_H
#define SP_EXCHANGE_EXCHANGE_APPLY_H

#include "exchange/transport.h"

static inline sp_stretch sp_stretch_of_block(int64_t block, int64_t place) {
  return (sp_stretch){block * SP_BLOCK, place * SP_BLOCK, SP_BLOCK};
}

/// `finite`: whether the sum is. Called for every stretch of this rank's shard.
void sp_exchange_apply(sp_exchange *x, bool finite, sp_stretch stretch, const void *sum);

/// All sums are kept: agree on whether all are finite, and on whether what is measured of them permits an update; then
/// update. Returns whether there was an update. Collective: yes.
bool sp_exchange_update_kept(sp_exchange *x, bool sound);

#endif
