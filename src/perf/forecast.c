// SPDX-License-Identifier: Apache-2.0
// Predicting the time of a step on more nodes than are present, by simulating the computation of a rank and the
// concurrent transfers on the link of its node, run by run. Here a run is a part of the vector that is exchanged as a
// unit (exchange/shard.h).
//
//   computing  The passes of a lane take the time that the bench measured for its number of rows. A layer's share is
//              proportional to its parameters. A rank processes its mini-batches one after another, each with the rows of its lanes.
//   gradients  When the last backward pass has completed a run, the partial sums of every node are sent to
//              the owners: partial sums * (N - 1) / N of the run over the link of each node, in the order of the runs;
//              more if there are so few blocks that some nodes own more than others.
//   update     Received gradients are summed and the update applied between two runs of the backward pass, or after it.
//   parameters After all gradients, (N - 1) / N of every run is sent back, from the first run to the last; the next
//              forward pass waits for each.
//
// On the link a run takes max(bytes / bandwidth, messages * latency / IN_FLIGHT), and it arrives one latency later: a
// rank exchanges with N - 1 others, with a few messages in flight at a time. A rank also spends the time that the bench
// measured per message (of at most `message_bytes`) and per byte. On one node there are no messages; sum and update
// follow the passes at memory speed.
#include "perf/forecast.h"

#include <math.h>
#include <string.h>

#include "exchange/shard.h"

enum { IN_FLIGHT = 16 };             // as in exchange/rails.c
static const double MESSAGE = 2e-6;  // s that a rank spends on a message, if not measured between nodes

typedef struct run {
  double values;
  double forward, backward;  // s of a lane's passes
  double arrives;            // s: when its gradients arrive at their owners
} run;

typedef struct play {
  const sp_bench *bench;
  sp_placement layout;
  sp_link link;
  sp_traffic traffic;
  double blocks;  // in the vector
  double size;    // bytes of a value
  double speed;   // B/s of a rank in sweeps over its shard
  double message, carrying;
  int runs;
  run run[SP_SHARD_RUNS];
} play;

static double larger(double a, double b) { return a > b ? a : b; }

static double known(double value, double otherwise) { return isnan(value) ? otherwise : value; }

// --- dividing the passes into runs --------------------------------------------------------------------------------

static bool same_layer(const sp_tensor *a, const sp_tensor *b) {
  size_t length = strcspn(a->name, "/");
  return strncmp(a->name, b->name, length + 1) == 0;
}

/// Distribute the time of the passes over the runs, in proportion to the parameters of the layers. The gradient of the
/// first layer's input is not computed, so its backward pass has half the work of the others.
static void spread(play *p, const sp_parameter_table *table, double forward, double backward) {
  double total = 0, weighted = 0;
  for (int64_t i = 0; i < table->tensors; i++) {
    double count = (double)table->tensor[i].count;
    total += count;
    weighted += same_layer(&table->tensor[0], &table->tensor[i]) ? count : 2 * count;
  }
  p->blocks = (double)table->blocks;
  p->runs = sp_shard_runs(&(sp_shards){.blocks = table->blocks});
  double length = (double)sp_parameter_values(table) / p->runs;
  for (int u = 0; u < p->runs; u++) {
    run *r = &p->run[u];
    *r = (run){.values = length};
    for (int64_t i = 0; i < table->tensors; i++) {
      const sp_tensor *t = &table->tensor[i];
      double begin = larger((double)t->offset, u * length),
             end = fmin((double)(t->offset + t->count), (u + 1) * length);
      if (end <= begin) continue;
      r->forward += forward * (end - begin) / total;
      r->backward += backward * (same_layer(&table->tensor[0], t) ? 1 : 2) * (end - begin) / weighted;
    }
  }
}

// --- the cost of a run --------------------------------------------------------------------------------------------

static double nodes_of(const play *p) { return (double)p->layout.nodes; }

static double ranks_of(const play *p) { return (double)(p->layout.nodes * p->layout.ranks_per_node); }

/// Returns the values of a run at the owner with the largest share. Blocks are not divided, and owners alternate
/// between runs.
static double largest_share(const play *p, double owners) { return ceil(p->blocks / owners) * SP_BLOCK / p->runs; }

/// Returns the bytes of a run that the node with the largest share receives as gradients, and also sends as parameters.
static double link_bytes(const play *p, double sums) {
  return sums * (nodes_of(p) - 1) * largest_share(p, nodes_of(p)) * p->link.value_bytes;
}

/// Returns the number of messages that a rank sends for the gradients of a run, and receives for its parameters. It
/// exchanges with its counterparts on the other nodes, or with fewer if the run has fewer blocks.
static double messages(const play *p, double sums) {
  double others = fmin(nodes_of(p) - 1, ceil(p->blocks / p->runs / (double)p->layout.ranks_per_node));
  double bytes = largest_share(p, ranks_of(p)) * p->link.value_bytes;
  return sums * others * larger(ceil(bytes / p->link.message_bytes), 1);
}

/// Returns the seconds that `sums` partial sums of a run take on the link of a node.
static double link_seconds(const play *p, double sums) {
  return larger(link_bytes(p, sums) / p->link.bandwidth, messages(p, sums) * p->link.latency / IN_FLIGHT);
}

/// Returns the seconds that a rank spends sending and receiving them.
static double handling_seconds(const play *p, double sums) {
  return link_bytes(p, sums) / (double)p->layout.ranks_per_node * p->carrying + 2 * messages(p, sums) * p->message;
}

/// Returns the seconds to sum the partial sums of a node before they are sent.
static double node_sum_seconds(const play *p, const run *r) {
  double parts = (double)(p->layout.ranks_per_node * p->traffic.rank_partials);
  if (parts <= (double)p->traffic.node_partials) return 0;
  return r->values * p->size * (parts + (double)p->traffic.node_partials) / (double)p->layout.ranks_per_node / p->speed;
}

/// Returns the seconds for the sums over the nodes and the update, at the owners.
static double update_seconds(const play *p) {
  double sums = p->layout.nodes > 1 ? (double)(p->layout.nodes * p->traffic.node_partials)
                                    : (double)(p->layout.ranks_per_node * p->traffic.rank_partials);
  return largest_share(p, ranks_of(p)) * (p->bench->limits.sweep_bytes + p->size * (sums - 1)) / p->speed;
}

// --- the step, beginning when all gradients have been applied -----------------------------------------------------

/// Simulate the forward pass of the first lane, which begins at `now` and waits for the parameters. Returns its end.
static double play_forward(const play *p, double now) {
  double link = 0;
  for (int u = 0; u < p->runs; u++) {
    const run *r = &p->run[u];
    if (p->layout.nodes > 1) {
      link += link_seconds(p, 1);
      now = larger(now, link + p->link.latency) + handling_seconds(p, 1);
    }
    now += r->forward;
  }
  return now;
}

/// Simulate the backward pass of the last lane, the transfer of gradients to their owners, and the update.
static double play_backward(play *p, double now) {
  double link = 0, sums = (double)p->traffic.node_partials;
  int updated = p->runs;  // runs from this one on are updated
  for (int u = p->runs - 1; u >= 0; u--) {
    run *r = &p->run[u];
    now += r->backward + node_sum_seconds(p, r) + handling_seconds(p, sums);
    link = larger(link, now) + link_seconds(p, sums);
    r->arrives = link + p->link.latency;
    for (; updated > u && p->run[updated - 1].arrives <= now; updated--) now += update_seconds(p);
  }
  double agreed = now + ceil(log2((double)p->layout.nodes)) * p->link.latency;  // all-reduce of losses and flags
  while (updated > 0) {
    updated--;
    now = larger(now, p->run[updated].arrives) + update_seconds(p);
  }
  return larger(now, agreed);
}

static double play_alone(const play *p, double now) {
  for (int u = 0; u < p->runs; u++) now += p->run[u].backward + update_seconds(p);
  return now + 3 * known(p->bench->limits.ranks.barrier, 0);
}

sp_forecast sp_forecast_step(const sp_bench *bench, const sp_parameter_table *table, const sp_placement *layout,
                             const sp_link *link, double batch, int64_t accumulate) {
  const sp_limits *l = &bench->limits;
  play p = {.bench = bench, .layout = *layout, .link = *link, .traffic = sp_exchange_traffic(layout)};
  double ranks = (double)(layout->nodes * layout->ranks_per_node), values = (double)sp_parameter_values(table);
  double forward, backward;
  // Bytes of a sweep per value: gradient, and parameter and slots, which are read and written.
  p.size = bench->value_size;
  p.speed = values * l->sweep_bytes / 2 < l->cache ? l->sweep_cached : l->sweep;
  bool measured = l->ranks.between_nodes > 0;
  p.message = measured ? known(l->ranks.message, 0) : MESSAGE;
  p.carrying = measured ? known(l->ranks.carrying, 0) : 0;

  double lanes = ceil((double)layout->lanes / ranks), rows = larger(ceil(batch / (double)layout->lanes), 1);
  sp_curve_seconds(&bench->curve, lanes * rows, &forward, &backward);
  spread(&p, table, forward, backward);
  double passes = (double)accumulate;
  double data =
      passes * lanes * rows * (bench->step.batch > 0 ? bench->step.data * bench->ranks / bench->step.batch : 0);
  double vectors = lanes * (passes - 1);
  double additions = vectors * 3 * p.size * values / p.speed;
  double before = (passes - 1) * (forward + backward) + additions;

  double now = play_forward(&p, data) + before;
  sp_forecast f = {.step = layout->nodes > 1 ? play_backward(&p, now) : play_alone(&p, now)};
  f.busy = data + before + forward + backward + values * l->sweep_bytes / ranks / p.speed;
  f.wire_bytes = p.runs * (link_bytes(&p, (double)p.traffic.node_partials) + link_bytes(&p, 1));
  f.efficiency = f.busy / f.step;
  f.rows_second = batch * (double)accumulate / f.step;
  return f;
}
