// SPDX-License-Identifier: Apache-2.0
// shardprop bench: measure the limits of the machine, and the share of them that a configuration's step reaches.
#include "perf/bench.h"

#include <math.h>
#include <stdio.h>

#include "base/visible.h"
#include "cli/command.h"
#include "perf/bench_file.h"
#include "run/read_config.h"
#include "run/usable_ranks.h"

typedef struct bench_arguments {
  const char *config;
  sp_bench_options bench;
  sp_strings set;
  bool json;
} bench_arguments;

#define AT(member) offsetof(bench_arguments, member)
static const sp_option options[] = {SP_CONFIG_ARGUMENT(AT(config)),
                                    {.name = "steps",
                                     .letter = 'n',
                                     .kind = SP_OPTION_INT,
                                     .offset = AT(bench.steps),
                                     .preset = "auto",
                                     .range = "auto|[1, 1000000]",
                                     .help = "number of steps to time; auto: about two seconds of steps"},
                                    {.name = "warm_up",
                                     .letter = 'w',
                                     .kind = SP_OPTION_INT,
                                     .offset = AT(bench.warm_up),
                                     .preset = "10",
                                     .range = "[1, 1000000]",
                                     .help = "number of steps before those, not timed"},
                                    {.name = "seconds",
                                     .letter = 't',
                                     .kind = SP_OPTION_REAL,
                                     .offset = AT(bench.seconds),
                                     .preset = "0.2",
                                     .range = "[0.001, 60]",
                                     .help = "time to measure each limit, in seconds"},
                                    {.name = "limits_only",
                                     .letter = 'l',
                                     .kind = SP_OPTION_BOOL,
                                     .offset = AT(bench.limits_only),
                                     .preset = "false",
                                     .help = "measure the limits of the machine only, without data and model"},
                                    SP_SET_OPTION(AT(set)),
                                    {.name = "json",
                                     .letter = 'j',
                                     .kind = SP_OPTION_BOOL,
                                     .offset = AT(json),
                                     .preset = "false",
                                     .help = "print one JSON object instead of a table, for `shardprop plan --bench`"},
                                    {0}};

static const sp_usage usage = {
    .command = "bench",
    .synopsis = "[mpirun -n RANKS] shardprop bench CONFIG [--steps N] [--limits-only] [--json] [--set KEY=VALUE]...",
    .details =
        "Measure the limits of the machine with all ranks busy, then time training steps of the configuration, and\n"
        "report the share of the limit that the steps reach. The limit of a step is the time of its matrix products\n"
        "at the highest speed measured plus that of its update at the speed of the memory that holds the\n"
        "parameters.\n"
        "\n"
        "The steps train on the configuration's data. The result is discarded; no file is written.",
    .example = "mpirun -n 2 shardprop bench configs/fashion_mnist.yaml --set train.batch_size=512"};

// --- the table ----------------------------------------------------------------------------------------------------

/// Append a line unless the figure could not be measured.
static void line(sp_text *out, const char *what, double value, const char *unit, const char *note) {
  if (isfinite(value)) sp_text_add(out, "  %-34s %10.4g %-7s %s\n", what, value, unit, note);
}

static void rate(sp_text *out, const char *what, double a_rank, double ranks, const char *unit, const char *note) {
  if (isfinite(a_rank)) {
    sp_text_add(out, "  %-34s %10.4g %-7s %10.4g together  %s\n", what, 1e-9 * a_rank, unit, 1e-9 * a_rank * ranks,
                note);
  }
}

/// Append the speed of a product, and its share of the peak.
static void product_rate(sp_text *out, const char *what, double a_rank, const sp_limits *l, double ranks) {
  char note[40] = "";
  if (isfinite(l->peak)) snprintf(note, sizeof note, "%.0f %% of the peak", 100 * a_rank / l->peak);
  rate(out, what, a_rank, ranks, "GF/s", note);
}

static void add_limits(const sp_limits *l, double ranks, sp_text *out) {
  sp_text_add(out, "limits of the machine for one rank while all ranks are busy\n");
  rate(out, "multiply-adds on registers: peak", l->peak, ranks, "GF/s", "");
  product_rate(out, "square matrix product", l->product, l, ranks);
  product_rate(out, "largest matrix, forward", l->product_forward, l, ranks);
  product_rate(out, "  gradient of its weights", l->product_weight, l, ranks);
  product_rate(out, "  gradient of its input", l->product_input, l, ranks);
  rate(out, "update, from memory", l->sweep, ranks, "GB/s", "read and written");
  rate(out, "update, in cache", l->sweep_cached, ranks, "GB/s", "");
  rate(out, "addition, from memory", l->add, ranks, "GB/s", "read and written");
  rate(out, "copy, from memory", l->copy, ranks, "GB/s", "copied");
  line(out, "sum over a node's ranks, in place", 1e-9 * l->ranks.node_sum, "GB/s", "of the vector");
  line(out, "barrier of a node", 1e6 * l->ranks.barrier, "us", "");
  const char *where = l->ranks.between_nodes > 0 ? "between two nodes" : "within a node";
  line(out, "message: latency", 1e6 * l->ranks.latency, "us", where);
  line(out, "message: one of many in flight", 1e6 * l->ranks.message, "us", where);
  line(out, "message: bandwidth", 1e-9 * l->ranks.bandwidth, "GB/s", "each way");
  line(out, "message: computing time lost", 1e9 * l->ranks.carrying, "ns/B", "sent and received");
}

static void add_step(const sp_bench_step *s, sp_text *out) {
  char a[SP_TEXT_COUNTED], b[SP_TEXT_COUNTED], c[SP_TEXT_COUNTED];
  sp_text_add(out, "\nstep of %s, %s; mean of %s\n", sp_text_counted((int64_t)s->batch, "row", a),
              sp_text_counted((int64_t)s->parameters, "parameter", b), sp_text_counted((int64_t)s->steps, "step", c));
  line(out, "data", 1e3 * s->data, "ms", "");
  line(out, "forward", 1e3 * s->forward, "ms", "");
  line(out, "backward", 1e3 * s->backward, "ms", "");
  line(out, "exchange", 1e3 * s->exchange, "ms", "including waiting");
  line(out, "update", 1e3 * s->update, "ms", "");
  line(out, "whole step, median", 1e3 * s->median, "ms", "");
  line(out, "whole step, mean", 1e3 * s->mean, "ms", "");
  sp_text_add(out, "  %-34s %10s %-7s\n", "rows per second", sp_text_count((int64_t)(s->batch / s->mean), a), "");
  line(out, "matrix products", 1e-9 * s->flops, "Gflop", "");
  line(out, "limit", 1e3 * s->limit, "ms", "products and update only");
  line(out, "share of the limit", 100 * s->share, "%", "");
  sp_text_add(out, "  %-34s %10s\n", "moved within a node", sp_text_bytes((int64_t)s->node_bytes, a));
  sp_text_add(out, "  %-34s %10s\n", "sent by a node", sp_text_bytes((int64_t)s->wire_bytes, a));
}

static sp_status measure(const sp_comm *comm, const sp_run_config *config, const void *context) {
  const bench_arguments *given = context;
  sp_bench bench;
  sp_text text = {0};
  char ranks[SP_TEXT_COUNTED], nodes[SP_TEXT_COUNTED];
  SP_TRY(sp_bench_run(comm, config, &given->bench, &bench));
  if (comm->rank != 0) return SP_OK;
  if (given->json) {
    sp_bench_write(&bench, &text);
  } else {
    sp_text_add(&text, "%s on %s\n\n", sp_text_counted(comm->size, "rank", ranks),
                sp_text_counted(comm->node_count, "node", nodes));
    add_limits(&bench.limits, bench.ranks, &text);
    if (bench.step.steps > 0) add_step(&bench.step, &text);
  }
  sp_visible_print(sp_text_string(&text));
  sp_text_free(&text);
  return SP_OK;
}

static sp_status run(const sp_comm *comm, const void *given) {
  const bench_arguments *a = given;
  sp_run_config config;
  SP_TRY(sp_run_read_config(comm, a->config, a->set.item, (int)a->set.count, &config));
  sp_status status = sp_run_on_lanes(comm, &config, measure, a);
  sp_run_config_free(&config);
  return status;
}

static int execute(int argc, char **argv) {
  bench_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_on_ranks(&usage, groups, 1, argc, argv, run, &given);
}

const sp_command sp_command_bench = {
    .variant = {"bench", "measure training steps and the limits of the machine (under mpirun)"}, .run = execute};
