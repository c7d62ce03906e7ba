// SPDX-License-Identifier: Apache-2.0
// The values that an exchange operates on: the parameters, and arrays as long as this rank's shard (the optimizer's
// slots). `exchange.path` selects their memory: shared by the ranks of a node, or private to each rank.
#ifndef SP_EXCHANGE_EXCHANGE_VALUES_H
#define SP_EXCHANGE_EXCHANGE_VALUES_H

#include "base/dtype.h"
#include "comm/window.h"
#include "exchange/exchange_options.h"
#include "exchange/shard.h"

typedef struct sp_exchange_values {
  bool shared;                                ///< the ranks of a node use the same memory, for sp_exchange_job
  void *parameters;                           ///< the whole vector
  void *shard;                                ///< (arrays, shard): this rank's arrays, one after the other
  sp_window parameters_window, shard_window;  ///< of the node
  void *own_parameters, *own_shard;           ///< if memory is not shared
} sp_exchange_values;

/// Allocate the values, all zero. With `path: auto`, if the ranks of a node cannot share memory, every rank allocates
/// its own and a warning is logged. Collective: yes. Errors, agreed on: SP_ERR_MEMORY; with `path: window` also
/// SP_ERR_LIBRARY.
sp_status sp_exchange_values_open(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                                  sp_dtype precision, int arrays, sp_exchange_values *out);
void sp_exchange_values_close(sp_exchange_values *values);  ///< a zeroed one is fine

/// Bytes that sp_exchange_values_open allocates.
typedef struct sp_exchange_values_bytes {
  bool shared;  ///< one copy of the parameters per node; else one per rank. `path: auto` is assumed to share memory
  int64_t parameters;
  int64_t shard;  ///< of one rank
} sp_exchange_values_bytes;

/// Compute the bytes for the rank of `shards`. Collective: no. Errors: SP_ERR_MEMORY if they exceed the address space.
sp_status sp_exchange_values_memory(const sp_exchange_options *options, const sp_shards *shards, sp_dtype precision,
                                    int arrays, sp_exchange_values_bytes *out);

#endif
