// SPDX-License-Identifier: Apache-2.0
// What a step will take on more nodes than there are here: a rank's computing, and what goes over its node's link
// meanwhile, played through run by run. A run is the part of the vector that is exchanged as one (exchange/shard.h).
//
//   computing  The passes of a lane take what the bench measured for its rows; a layer has a share of that in proportion
//              to its parameters. A rank works through its lanes one after another, and through their mini-batches.
//   gradients  When the last lane's backward pass has left a run behind, its part of every node goes to the owners:
//              partial sums * (N - 1) / N of the run through each node's link, in the order of the runs; more where there
//              are so few blocks that a node owns more of them than others.
//   update     What has arrived is summed up and updated between two runs of the backward pass, or behind it.
//   parameters When all gradients are through, (N - 1) / N of every run comes back, first ones first; the next forward
//              pass waits for each.
//
// On the link a run takes max(bytes / bandwidth, messages * latency / IN_FLIGHT), and it arrives a latency later: a rank
// deals with N - 1 others, with a few messages under way at a time. A rank loses the time that the bench measured for each
// message (of `message_bytes` at most) and byte. On one node there are no messages: sum and update follow the passes at the speed of memory.
#include "perf/forecast.h"

#include <math.h>
#include <string.h>

#include "exchange/shard.h"

enum { IN_FLIGHT = 16 };             // as exchange/rails.c has it
static const double MESSAGE = 2e-6;  // s that a rank spends on one, where no bench between nodes tells

typedef struct run {
  double values;
  double forward, backward;  // s of a lane's passes
  double arrives;            // s: its gradients, at their owners
} run;

typedef struct play {
  const sp_bench *bench;
  sp_placement layout;
  sp_link link;
  sp_traffic traffic;
  double blocks;  // of the vector
  double size;    // bytes of a value
  double speed;   // B/s of a rank in sweeps over its part of the vector
  double message, carrying;
  int runs;
  run run[SP_SHARD_RUNS];
} play;

static double larger(double a, double b) { return a > b ? a : b; }

static double known(double value, double otherwise) { return isnan(value) ? otherwise : value; }

// --- the passes, cut into runs ------------------------------------------------------------------------------------

static bool same_layer(const sp_tensor *a, const sp_tensor *b) {
  size_t length = strcspn(a->name, "/");
  return strncmp(a->name, b->name, length + 1) == 0;
}

/// Spread the passes over the vector: a value's share of them is that of its layer. Nobody wants the gradient of the
/// first layer's input: backward it has half the work of the others.
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

// --- what a run takes ---------------------------------------------------------------------------------------------

static double nodes_of(const play *p) { return (double)p->layout.nodes; }

static double ranks_of(const play *p) { return (double)(p->layout.nodes * p->layout.ranks_per_node); }

/// Of a run, at the owner with most of it, of so many owners: a block is not divided, and runs take turns.
static double largest_share(const play *p, double owners) { return ceil(p->blocks / owners) * SP_BLOCK / p->runs; }

/// That a node with most of a run receives of the others' gradients, and as much that it sends of its parameters.
static double link_bytes(const play *p, double sums) {
  return sums * (nodes_of(p) - 1) * largest_share(p, nodes_of(p)) * p->link.value_bytes;
}

/// That a rank sends of a run's gradients, and receives of its parameters: to and from its counterparts on the other nodes,
/// unless the run has fewer blocks to own.
static double messages(const play *p, double sums) {
  double others = fmin(nodes_of(p) - 1, ceil(p->blocks / p->runs / (double)p->layout.ranks_per_node));
  double bytes = largest_share(p, ranks_of(p)) * p->link.value_bytes;
  return sums * others * larger(ceil(bytes / p->link.message_bytes), 1);
}

/// On the link of a node, `sums` of its part of the run.
static double link_seconds(const play *p, double sums) {
  return larger(link_bytes(p, sums) / p->link.bandwidth, messages(p, sums) * p->link.latency / IN_FLIGHT);
}

/// Of a rank that sends and receives them.
static double handling_seconds(const play *p, double sums) {
  return link_bytes(p, sums) / (double)p->layout.ranks_per_node * p->carrying + 2 * messages(p, sums) * p->message;
}

/// Adding up a node's partial sums, before they go out.
static double node_sum_seconds(const play *p, const run *r) {
  double parts = (double)(p->layout.ranks_per_node * p->traffic.rank_partials);
  if (parts <= (double)p->traffic.node_partials) return 0;
  return r->values * p->size * (parts + (double)p->traffic.node_partials) / (double)p->layout.ranks_per_node / p->speed;
}

/// The owners' sums over the nodes, and the update.
static double update_seconds(const play *p) {
  double sums = p->layout.nodes > 1 ? (double)(p->layout.nodes * p->traffic.node_partials)
                                    : (double)(p->layout.ranks_per_node * p->traffic.rank_partials);
  return largest_share(p, ranks_of(p)) * (p->bench->limits.sweep_bytes + p->size * (sums - 1)) / p->speed;
}

// --- the step, from the moment all gradients have been updated ----------------------------------------------------

/// The first lane's forward pass, which begins at `now` and waits for the parameters.
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

/// The last lane's backward pass, with the gradients' way to their owners and the update.
static double play_backward(play *p, double now) {
  double link = 0, sums = (double)p->traffic.node_partials;
  int updated = p->runs;  // runs from here on
  for (int u = p->runs - 1; u >= 0; u--) {
    run *r = &p->run[u];
    now += r->backward + node_sum_seconds(p, r) + handling_seconds(p, sums);
    link = larger(link, now) + link_seconds(p, sums);
    r->arrives = link + p->link.latency;
    for (; updated > u && p->run[updated - 1].arrives <= now; updated--) now += update_seconds(p);
  }
  double agreed = now + ceil(log2((double)p->layout.nodes)) * p->link.latency;  // losses and flags of all
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
  // Sweeps: bytes a value, of gradient, parameter (read and written) and slots (so, too).
  p.size = bench->value_size;
  p.speed = values * l->sweep_bytes / 2 < l->cache ? l->sweep_cached : l->sweep;
  bool measured = l->ranks.between_nodes > 0;
  p.message = measured ? known(l->ranks.message, 0) : MESSAGE;
  p.carrying = measured ? known(l->ranks.carrying, 0) : 0;

  double lanes = ceil((double)layout->lanes / ranks), rows = larger(ceil(batch / (double)layout->lanes), 1);
  sp_curve_seconds(&bench->curve, rows, &forward, &backward);
  spread(&p, table, forward, backward);
  double passes = lanes * (double)accumulate;
  double data = passes * rows * (bench->step.batch > 0 ? bench->step.data * bench->ranks / bench->step.batch : 0);
  double vectors = larger(lanes - (double)p.traffic.rank_partials, 0) + passes - lanes;
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
