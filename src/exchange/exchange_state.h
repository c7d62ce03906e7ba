// What an exchange consists of; for the files that implement exchange/exchange.h.
#ifndef SP_EXCHANGE_EXCHANGE_STATE_H
#define SP_EXCHANGE_EXCHANGE_STATE_H

#include "exchange/exchange.h"
#include "exchange/lanes.h"
#include "exchange/tree_sum.h"
#include "model/parameters.h"

typedef struct sp_exchange_node sp_exchange_node;          ///< node_window.c
typedef struct sp_rails sp_rails;        ///< rails.c
typedef struct sp_messages sp_messages;  ///< messages.c
typedef struct sp_measure sp_measure;    ///< gradient_measure.c

struct sp_exchange {
  const sp_comm *comm;
  const sp_exchange_options *options;
  sp_exchange_job job;
  sp_shards shards;
  size_t block_bytes;

  // This rank's partial sums: subtrees of its own lanes, a stack while the lanes are worked through.
  sp_subtree hosted;
  char *gradients;      // where the stack lies, `stride` bytes from one to the next
  int64_t stride;
  sp_subtree range[SP_MAX_SUBTREES + 1];
  int depth;
  int64_t next_lane;

  int64_t step;         // the one being made, from 1
  int64_t nonfinite;    // first value found; -1: none
  sp_exchange_times times;
  int64_t sent;
  char *exact;          // this rank's shard, where the others' copies are rounded; else NULL
  bool stale;           // exact is not what the next step begins with
  char *kept;           // all or nothing: a vector in which the sums of this rank's shard wait for the others; else NULL

  sp_measure *measure;    // of the whole gradient; NULL: none is wanted

  sp_exchange_node *node;          // windows
  sp_rails *rails;        // windows, several nodes
  sp_messages *messages;  // or none of these, and messages
};

static inline char *sp_partial(const sp_exchange *x, int index) { return x->gradients + index * x->stride; }

/// The stack of partial sums of a rank that hosts these lanes: how deep it gets, and what is on it in the end, either
/// with all subtrees added up or, when `lazy`, without the additions that the last lane makes possible.
typedef struct sp_stack {
  int deepest, depth;
  sp_subtree range[SP_MAX_SUBTREES + 1];
} sp_stack;
sp_stack sp_stack_of(int64_t lanes, sp_subtree hosted, bool lazy);

/// Bytes from one partial sum to the next. Not a power of two: see comm/window.c.
int64_t sp_partial_stride(const sp_exchange_job *job);

static inline sp_stretch sp_stretch_of_block(int64_t block, int64_t place) {
  return (sp_stretch){block * SP_BLOCK, place * SP_BLOCK, SP_BLOCK};
}

/// Update a stretch with its sum, or keep it; or remember that it is not finite.
void sp_exchange_apply(sp_exchange *x, bool finite, sp_stretch stretch, const void *sum);
/// All sums are kept: agree on whether all are finite, and what is measured of them will do, and then update. Returns
/// whether. Collective: yes.
bool sp_exchange_update_kept(sp_exchange *x, bool sound);

// --- measuring the whole gradient: gradient_measure.c ----------------------------------------------------------------------

sp_status sp_measure_create(sp_exchange *x);
void sp_measure_free(sp_exchange *x);
/// Note what a stretch adds. Within a block stretches come in order.
void sp_measure_add(sp_exchange *x, sp_stretch stretch, void *parameters, const void *sum);
/// All ranks have noted all their stretches: put them together and tell the job. Returns its answer. Collective: yes.
bool sp_measure_tell(sp_exchange *x);

// --- on a node: node_window.c --------------------------------------------------------------------------------------------

sp_status sp_node_create(sp_exchange *x);
void sp_node_free(sp_exchange *x);
void sp_node_begin(sp_exchange *x);
void sp_node_control(sp_exchange *x, const double *mine, double *total);
bool sp_node_update(sp_exchange *x, bool sound);
/// The least of the ranks' values, which each brings once a step. One node only.
int64_t sp_node_least(sp_exchange *x, int64_t mine);
/// All gradients from block `first` on are complete on this rank.
void sp_node_ready(sp_exchange *x, int64_t first);
/// From which block on they are complete on all ranks of the node.
int64_t sp_node_ready_from(const sp_exchange *x);
/// All parameters before block `end` have arrived through this rank.
void sp_node_arrived(sp_exchange *x, int64_t step, int64_t end);
void sp_node_await(sp_exchange *x, int64_t step, int64_t end);  ///< through all ranks of the node
/// This rank has read all gradients of the step.
void sp_node_settled(sp_exchange *x);
void sp_node_await_settled(sp_exchange *x);
/// The partial sums of the node's ranks, in the order of the lanes.
int64_t sp_node_parts(const sp_exchange *x, const sp_subtree **range, char *const **memory);

// --- between nodes: rails.c ---------------------------------------------------------------------------------------

sp_status sp_rails_create(sp_exchange *x);
void sp_rails_free(sp_exchange *x);
/// Post, test and work on whatever can be; never waits.
void sp_rails_progress(sp_exchange *x);
bool sp_rails_gradients_over(const sp_exchange *x);   ///< this step's: sent, summed, updated
bool sp_rails_parameters_sent(const sp_exchange *x);  ///< this step's
/// All or nothing: the shard has been updated, or was left as it is; parameters may go.
void sp_rails_publish(sp_exchange *x, bool updated);
/// What rounding has taken off so far is not to be made up for.
void sp_rails_forget(sp_exchange *x);

// --- messages only: messages.c ------------------------------------------------------------------------------------

sp_status sp_messages_create(sp_exchange *x);
void sp_messages_free(sp_exchange *x);
void sp_messages_control(sp_exchange *x, const double *mine, double *total);
bool sp_messages_update(sp_exchange *x, bool sound);

#endif
