// SPDX-License-Identifier: Apache-2.0
// Transports: how gradients and parameters travel between ranks. What an implementation provides (a file transport_NAME.c
// and a line in transport_list.h), and the state of an exchange that it works on.
#ifndef SP_EXCHANGE_TRANSPORT_H
#define SP_EXCHANGE_TRANSPORT_H

#include "comm/comm.h"
#include "exchange/exchange_job.h"
#include "exchange/exchange_options.h"
#include "exchange/lanes.h"
#include "exchange/shard.h"
#include "model/parameters.h"

typedef struct sp_exchange sp_exchange;

/// Functions are called on all ranks at the same point of a step. NULL where there is nothing to do.
typedef struct sp_transport {
  /// Whether it can serve these ranks; `shared`: the ranks of a node have the same memory for the parameters. The first
  /// transport of the list that can is taken. Collective: no; the same answer on all ranks.
  bool (*serves)(const sp_comm *comm, bool shared);
  bool lazy;  ///< a rank leaves the additions that its last lane makes possible to those who read its partial sums
  bool one_memory;  ///< all ranks of the job share memory

  /// Set x->gradients, and what the transport needs. Collective: yes. Errors: agreed on.
  sp_status (*create)(sp_exchange *x);
  /// Bytes that `create` takes for this rank. The numbers of x->comm are set, its communicators need not be.
  /// Collective: no. Errors: SP_ERR_MEMORY.
  sp_status (*memory)(sp_exchange *x, sp_exchange_bytes *out);
  void (*free)(sp_exchange *x);  ///< also after a `create` that failed

  void (*begin)(sp_exchange *x);                  ///< a step; waits until the last step's gradients have been read
  void (*need)(sp_exchange *x, int64_t end);      ///< a pass will read parameters before block `end`: wait for them
  void (*passed)(sp_exchange *x, int64_t first);  ///< a pass is through with everything from block `first` on
  void (*complete)(sp_exchange *x);               ///< the gradients of all hosted lanes are complete

  void (*control)(sp_exchange *x, const double *mine, double *total);  ///< as sp_exchange_control
  bool (*update)(sp_exchange *x, bool sound);                          ///< as sp_exchange_update
  /// With x->kept: the shard has been updated, or was left as it is; parameters may go.
  void (*publish)(sp_exchange *x, bool updated);
  void (*finish)(sp_exchange *x);    ///< wait until the parameters are complete on all ranks
  void (*restart)(sp_exchange *x);   ///< forget what earlier steps have left
  void (*progress)(sp_exchange *x);  ///< work on whatever can be worked on; never waits. Called while ranks wait
  int64_t (*least)(sp_exchange *x,
                   int64_t mine);  ///< the least of the ranks' values, at most once a step; NULL: by MPI
} sp_transport;

/// An exchange, whatever its transport.
struct sp_exchange {
  const sp_comm *comm;
  const sp_exchange_options *options;
  const sp_transport *transport;
  sp_exchange_job job;
  sp_shards shards;
  size_t block_bytes;

  // This rank's partial sums: subtrees of its own lanes, a stack while the lanes are worked through.
  sp_subtree hosted;
  char *gradients;  // where the stack lies, `stride` bytes from one to the next
  int64_t stride;
  sp_subtree range[SP_MAX_SUBTREES + 1];
  int depth;
  int64_t next_lane;

  int64_t step;       // the one being made, from 1
  int64_t nonfinite;  // first value found; -1: none
  sp_exchange_times times;
  int64_t sent;
  char *exact;  // this rank's shard, where the others' copies are rounded; else NULL. The transport's
  bool stale;   // exact is not what the next step begins with
  char *kept;   // all or nothing: a vector in which the sums of this rank's shard wait for the others; else NULL

  struct sp_measure *measure;   // of the whole gradient; NULL: none is wanted
  struct sp_node_window *node;  // what the ranks of a node share; NULL: nothing
  void *own;                    // the transport's own state
};

#endif
