// SPDX-License-Identifier: Apache-2.0
// Applies the sum of a stretch: updates the parameters, or keeps the sum until all sums are known to be finite. Records
// a sum that is not finite.
#ifndef SP_EXCHANGE_EXCHANGE_APPLY_H
#define SP_EXCHANGE_EXCHANGE_APPLY_H

#include "exchange/transport.h"

static inline sp_stretch sp_stretch_of_block(int64_t block, int64_t place) {
  return (sp_stretch){block * SP_BLOCK, place * SP_BLOCK, SP_BLOCK};
}

/// Make the last addition of a sum, and apply it. Called for every stretch of this rank's shard.
void sp_exchange_apply(sp_exchange *x, sp_stretch stretch, sp_addends sum);

/// Agree on whether all kept sums are finite and `measured` permits an update; if so, update the shard. Returns whether
/// there was an update. Collective: yes.
bool sp_exchange_update_kept(sp_exchange *x, bool sound);

#endif
