// SPDX-License-Identifier: Apache-2.0
// Transports: how gradients and parameters travel between ranks. The functions of an implementation (a file
// transport_NAME.c and a line in transport_list.h), and the state of an exchange that they operate on.
#ifndef SP_EXCHANGE_TRANSPORT_H
#define SP_EXCHANGE_TRANSPORT_H

#include "comm/comm.h"
#include "exchange/exchange_job.h"
#include "exchange/exchange_options.h"
#include "exchange/lanes.h"
#include "exchange/shard.h"
#include "model/parameters.h"

typedef struct sp_exchange sp_exchange;

/// The functions are called on all ranks at the same point of a step. A function that has nothing to do can be NULL.
typedef struct sp_transport {
  /// Returns whether the transport can serve these ranks. `shared`: the ranks of a node share the memory of the
  /// parameters. The first suitable transport of the list is used. Collective: no; the same result on all ranks.
  bool (*serves)(const sp_comm *comm, bool shared);
  bool one_memory;  ///< all ranks of the job share memory

  /// Set x->gradients and the state of the transport. Collective: yes. Errors: agreed on.
  sp_status (*create)(sp_exchange *x);
  /// Compute the bytes that `create` allocates for this rank. Only the numbers of x->comm are set, not its communicators.
  /// Collective: no. Errors: SP_ERR_MEMORY.
  sp_status (*memory)(sp_exchange *x, sp_exchange_bytes *out);
  void (*free)(sp_exchange *x);  ///< also called after `create` has failed

  void (*begin)(sp_exchange *x);              ///< begin a step: wait until the last step's gradients have been read
  void (*need)(sp_exchange *x, int64_t end);  ///< wait for the parameters before block `end`, which a pass will read
  void (*passed)(sp_exchange *x, int64_t first);  ///< all gradients of this rank are complete from block `first` on

  void (*control)(sp_exchange *x, const double *mine, double *total);  ///< as sp_exchange_control
  bool (*update)(sp_exchange *x, bool sound);                          ///< as sp_exchange_update
  /// With x->kept: the shard has been updated, or is unchanged; its parameters may be sent.
  void (*publish)(sp_exchange *x, bool updated);
  void (*finish)(sp_exchange *x);    ///< wait until the parameters are complete on all ranks
  void (*restart)(sp_exchange *x);   ///< discard the state of earlier steps
  void (*progress)(sp_exchange *x);  ///< do any work that is possible without waiting; called while ranks wait
  int64_t (*least)(sp_exchange *x,
                   int64_t mine);  ///< the least of the ranks' values, at most once per step; NULL: use MPI
} sp_transport;

/// An exchange with any transport.
struct sp_exchange {
  const sp_comm *comm;
  const sp_exchange_options *options;
  const sp_transport *transport;
  sp_exchange_job job;
  sp_shards shards;
  size_t block_bytes;

  // This rank's gradients: one for each part of its lanes.
  sp_subtree hosted;
  char *gradients;  // `stride` bytes for each part
  int64_t stride, parts;
  int64_t *part_end;  // (parts): the hosted lane, from 0, at which each ends

  int64_t step;       // the current step, from 1
  int64_t nonfinite;  // index of the first value that is not finite; -1: none
  sp_exchange_times times;
  int64_t sent;
  char *exact;  // this rank's shard, if the copies of the others are rounded; else NULL. Owned by the transport
  bool stale;   // `exact` must be copied from the parameters before the next step
  char *kept;   // with job.whole: a vector with the sums of this rank's shard until all are known; else NULL

  struct sp_measure *measure;      // of the whole gradient; NULL: none
  struct sp_reduction *reduction;  // with job.reduce; else NULL
  struct sp_node_window *node;     // shared by the ranks of a node; NULL: none
  void *own;                       // state of the transport
};

#endif
