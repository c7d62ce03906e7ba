// SPDX-License-Identifier: Apache-2.0
// The values that an exchange works on: the parameters, and arrays as long as this rank's shard (the optimizer's slots).
// Where they lie is decided here, by `exchange.path`: in memory that the ranks of a node share, or in each rank's own.
#ifndef SP_EXCHANGE_EXCHANGE_VALUES_H
#define SP_EXCHANGE_EXCHANGE_VALUES_H

#include "base/dtype.h"
#include "comm/window.h"
#include "exchange/exchange_options.h"
#include "exchange/shard.h"

typedef struct sp_exchange_values {
  bool shared;       ///< the ranks of a node have the same memory: sp_exchange_job wants to know
  void *parameters;  ///< the whole vector
  void *shard;       ///< (arrays, shard): this rank's arrays, one after the other
  sp_window parameters_window, shard_window;  ///< of the node
  void *own_parameters, *own_shard;           ///< where memory is not shared
} sp_exchange_values;

/// All values are zero. With `path: auto`, where the ranks of a node cannot share memory, every rank gets its own, and a
/// warning is given. Collective: yes. Errors: SP_ERR_MEMORY; with `path: window` also SP_ERR_LIBRARY. Agreed on.
sp_status sp_exchange_values_open(const sp_comm *comm, const sp_exchange_options *options, const sp_shards *shards,
                                  sp_dtype precision, int arrays, sp_exchange_values *out);
void sp_exchange_values_close(sp_exchange_values *values);  ///< a zeroed one is fine

/// Bytes that sp_exchange_values_open takes.
typedef struct sp_exchange_values_bytes {
  bool shared;  ///< parameters are of a node; else of each rank. With `path: auto` it is expected to be possible
  int64_t parameters;
  int64_t shard;  ///< of one rank
} sp_exchange_values_bytes;

/// For the rank of `shards`. Collective: no. Errors: SP_ERR_MEMORY: larger than can be addressed.
sp_status sp_exchange_values_memory(const sp_exchange_options *options, const sp_shards *shards, sp_dtype precision,
                                    int arrays, sp_exchange_values_bytes *out);

#endif
