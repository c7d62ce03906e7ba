// SPDX-License-Identifier: Apache-2.0
// shardprop plan: check a configuration and report the resources that a run of it needs, without training.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/text.h"
#include "base/units.h"
#include "base/visible.h"
#include "checkpoint/retention.h"
#include "checkpoint/saver.h"
#include "cli/command.h"
#include "data/column_table.h"
#include "data/row_cache.h"
#include "data/row_order.h"
#include "exchange/exchange.h"
#include "exchange/exchange_values.h"
#include "exchange/lanes.h"
#include "exchange/shard.h"
#include "perf/bench_file.h"
#include "report/forecast_table.h"
#include "run/read_config.h"
#include "run/usable_ranks.h"
#include "train/feed.h"
#include "train/kept_rows.h"
#include "train/step.h"

typedef struct plan_arguments {
  const char *config;
  int64_t ranks, nodes, ranks_per_node, rows;
  const char *bandwidth, *latency, *bench;
  bool scaling, directory;
  sp_strings set;
} plan_arguments;

#define AT(member) offsetof(plan_arguments, member)
static const sp_option options[] = {
    SP_CONFIG_ARGUMENT(AT(config)),
    {.name = "ranks",
     .letter = 'n',
     .kind = SP_OPTION_INT,
     .offset = AT(ranks),
     .range = "[1, 65536]",
     .flags = SP_OPTION_OPTIONAL,
     .help = "number of ranks of the run (default: the configuration's lanes, or 1)"},
    {.name = "nodes",
     .letter = 'N',
     .kind = SP_OPTION_INT,
     .offset = AT(nodes),
     .range = "[1, 65536]",
     .flags = SP_OPTION_OPTIONAL,
     .help = "number of nodes to predict a step for"},
    {.name = "ranks_per_node",
     .kind = SP_OPTION_INT,
     .offset = AT(ranks_per_node),
     .preset = "1",
     .range = "[1, 1024]",
     .help = "number of ranks on each node, with --nodes or --scaling"},
    {.name = "bandwidth",
     .kind = SP_OPTION_STRING,
     .offset = AT(bandwidth),
     .unit = "rate",
     .flags = SP_OPTION_OPTIONAL,
     .help = "bandwidth of a node's link in each direction, such as 10gbit or 1.25GB/s"},
    {.name = "latency",
     .kind = SP_OPTION_STRING,
     .offset = AT(latency),
     .unit = "time",
     .flags = SP_OPTION_OPTIONAL,
     .help = "latency of a small message between two nodes, such as 20us"},
    {.name = "rows",
     .kind = SP_OPTION_INT,
     .offset = AT(rows),
     .range = "[1, 1e9]",
     .flags = SP_OPTION_OPTIONAL,
     .help = "number of rows of a mini-batch on each rank, instead of train.batch_size: the mini-batch grows with the "
             "number of ranks"},
    {.name = "bench",
     .kind = SP_OPTION_STRING,
     .offset = AT(bench),
     .unit = "file.json",
     .flags = SP_OPTION_OPTIONAL,
     .help = "output of `shardprop bench --json` (default: measure now, on the ranks of this command)"},
    {.name = "scaling",
     .kind = SP_OPTION_BOOL,
     .offset = AT(scaling),
     .preset = "false",
     .help = "print a table of predictions for 1 to 4096 nodes"},
    {.name = "directory",
     .kind = SP_OPTION_BOOL,
     .offset = AT(directory),
     .preset = "false",
     .help = "print the run directory and nothing else, for scripts"},
    SP_SET_OPTION(AT(set)),
    {0}};

static const sp_usage usage = {
    .command = "plan",
    .synopsis =
        "shardprop plan CONFIG [--ranks N] [--set KEY=VALUE]...\n"
        "       shardprop plan CONFIG --nodes N [--ranks-per-node M] --bandwidth RATE --latency TIME\n"
        "                      [--bench FILE.json] [--rows R] [--scaling]\n"
        "       shardprop plan CONFIG --directory [--set KEY=VALUE]...",
    .details =
        "Check a configuration and the data that it names, and show the model and the memory and disk space that a\n"
        "run needs. No file is written; steps trained for a measurement are discarded.\n"
        "\n"
        "With --nodes or --scaling, predict the time of a step on N nodes with M ranks each from the figures of\n"
        "`shardprop bench`, measured on one node or between nodes:\n"
        "  computing      the passes over batch / (N M) rows as measured, sums and update at the speed of memory\n"
        "  sent by a node 2 (N-1)/N of the parameter vector: gradients during the backward pass, last layers first,\n"
        "                 and parameters during the next forward pass, which waits for each layer; (k + 1) (N-1)/N\n"
        "                 if the lanes of a node form k partial sums (their number is not a power of two)\n"
        "  on the link    max(bytes / bandwidth, messages latency / 16), plus one latency until arrival; a rank\n"
        "                 sends at least N - 1 messages (see exchange.bucket_mb) for each of up to 16 parts of the\n"
        "                 vector, 16 at a time\n"
        "  handling       the time per message and byte if measured between nodes, otherwise 2 us per message\n"
        "  efficiency     computing / step",
    .example =
        "shardprop plan configs/fashion_mnist.yaml --ranks 8\n"
        "  mpirun -n 2 shardprop bench configs/fashion_mnist.yaml --json > bench.json\n"
        "  shardprop plan configs/fashion_mnist.yaml --nodes 4 --ranks-per-node 2 --bandwidth 10gbit \\\n"
        "    --latency 20us --bench bench.json"};

/// Ranks on nodes of the same size.
typedef struct placement {
  int64_t nodes, ranks_per_node;
} placement;

/// Memory in bytes.
typedef struct memory {
  int64_t gradients, buffers, accumulated, slots, copy;  // of the rank that needs most
  int64_t parameters;                                    // of a node
  bool shared;                                           // the ranks of a node share the parameters
} memory;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/// Ask the modules that allocate for the memory of one rank.
static sp_status ask_rank(const sp_run_config *config, const sp_network *network, const placement *at, int64_t rank,
                          memory *out) {
  const sp_parameter_table *table = sp_network_table(network);
  const sp_dtype precision = sp_run_precision(config);
  const int slots = sp_optimizer_slots(config->optimizer), per_node = (int)at->ranks_per_node;
  const sp_comm comm = {.rank = (int)rank,
                        .size = (int)(at->nodes * per_node),
                        .node_rank = (int)rank % per_node,
                        .node_size = per_node,
                        .node_index = (int)rank / per_node,
                        .node_count = (int)at->nodes};
  const sp_shards shards = {table->blocks, comm.rank, comm.size};
  sp_exchange_values_bytes values;
  sp_exchange_bytes bytes;
  SP_TRY(sp_exchange_values_memory(config->exchange, &shards, precision, slots, &values));
  sp_exchange_job job = {.lanes = config->train->lanes,
                         .precision = precision,
                         .blocks = table->blocks,
                         .control = sp_train_step_sums(network),
                         .reduce = sp_network_reduces(network),
                         .each_lane = sp_train_step_needs_each_lane(network, config->optimizer->accumulate),
                         .shared = values.shared};
  SP_TRY(sp_exchange_memory(&comm, config->exchange, &job, &bytes));
  sp_subtree hosted = sp_lanes_hosted(job.lanes, comm.size, comm.rank);
  *out =
      (memory){.gradients = bytes.gradients,
               .buffers = bytes.buffers,
               .accumulated = config->optimizer->accumulate > 1 ? values.parameters * (hosted.end - hosted.begin) : 0,
               .slots = values.shard,
               .copy = sp_saver_memory(&shards, comm.rank, 1, precision, slots),
               .shared = values.shared,
               .parameters = values.shared ? values.parameters : values.parameters * per_node};
  return SP_OK;
}

/// Find the largest memory of a rank, among all ranks or, if there are more than ASKED, among ASKED of them.
static sp_status ask_ranks(const sp_run_config *config, const sp_network *network, const placement *at, memory *most) {
  enum { ASKED = 256 };
  int64_t ranks = at->nodes * at->ranks_per_node, asked = smaller(ranks, ASKED);
  *most = (memory){0};
  for (int64_t i = 0; i < asked; i++) {
    memory m;
    SP_TRY(ask_rank(config, network, at, asked < 2 ? 0 : i * (ranks - 1) / (asked - 1), &m));
    *most = (memory){larger(m.gradients, most->gradients),
                     larger(m.buffers, most->buffers),
                     larger(m.accumulated, most->accumulated),
                     larger(m.slots, most->slots),
                     larger(m.copy, most->copy),
                     m.parameters,
                     m.shared};
  }
  return SP_OK;
}

static void line(sp_text *out, const char *what, int64_t bytes, const char *note) {
  char size[32];
  sp_visible_format(out, "  %-34s %10s  %s", what, sp_text_bytes(bytes, size), note);
  sp_text_add(out, "\n");
}

/// List the parameter groups, if there are any.
static sp_status describe_groups(const sp_run_config *config, const sp_parameter_table *table, sp_text *out) {
  sp_parameter_groups *groups;
  SP_TRY(sp_groups_create(config->optimizer, table, config->document, &groups));
  if (config->optimizer->groups.count > 0) {
    sp_text_add(out, "\ngroups\n");
    sp_groups_describe(groups, table, out);
  }
  sp_groups_free(groups);
  return SP_OK;
}

/// Report the first, the highest and the last learning rate. The highest is searched at LOOKS steps and at the end of the
/// warm-up.
static void describe_lr(const sp_run_config *config, int64_t epoch_steps, sp_text *out) {
  enum { LOOKS = 10000 };
  const sp_schedule_options *schedule = config->optimizer->schedule;
  const double lr = sp_rule_lr(&config->optimizer->rule);
  const int64_t steps = sp_run_steps(config, epoch_steps);
  if (sp_schedule_is_constant(schedule) || steps == 0) {
    sp_text_add(out, "learning rate %.3g\n", lr);
    return;
  }
  sp_schedule_place first = {0, epoch_steps, steps, 0}, last = {steps - 1, epoch_steps, steps, 0}, top = first;
  const double warmed = ceil(sp_schedule_steps(schedule->warmup, &first));
  for (int i = 0; i <= LOOKS; i++) {
    sp_schedule_place place = first;
    place.step = i < LOOKS                ? (int64_t)((double)last.step / LOOKS * i)
                 : warmed < (double)steps ? (int64_t)warmed
                                          : last.step;
    if (sp_schedule_factor(schedule, &place) > sp_schedule_factor(schedule, &top)) top = place;
  }
  sp_text_add(out, "learning rate %.3g at step 1, %.3g at step %lld (the highest), %.3g at step %lld (the last)%s\n",
              lr * sp_schedule_factor(schedule, &first), lr * sp_schedule_factor(schedule, &top),
              (long long)top.step + 1, lr * sp_schedule_factor(schedule, &last), (long long)steps,
              sp_schedule_follows_scores(schedule) ? ", before reductions" : "");
}

/// Report the rows of a lane, the mini-batches of an update and its operations. A mini-batch has at most all rows.
static void describe_update(const sp_run_config *config, const sp_network *network, int64_t rows, int64_t ranks,
                            sp_text *out) {
  int64_t lanes = config->train->lanes, batch = smaller(config->train->batch_size, rows);
  int64_t update_rows = smaller(sp_run_update_rows(config), rows), flops = sp_network_gradient_flops(network);
  char a[SP_TEXT_COUNTED], b[SP_TEXT_COUNTED];
  int64_t least = batch / lanes, most = (batch + lanes - 1) / lanes;
  sp_text_add(out, "\n%s, %s, ", sp_text_counted(ranks, "rank", a), sp_text_counted(lanes, "lane", b));
  if (least < most) sp_text_add(out, "%lld to ", (long long)least);
  sp_text_add(out, "%s of each mini-batch per lane\n", sp_text_counted(most, "row", a));
  if (config->optimizer->accumulate > 1) {
    sp_text_add(out, "%s per update: %s\n", sp_text_counted((update_rows + batch - 1) / batch, "mini-batch", a),
                sp_text_counted(update_rows, "row", b));
  }
  if (flops > 0) sp_text_add(out, "about %.3g Mflop per step\n", 1e-6 * (double)flops * (double)update_rows);
}

static void describe_disk(const sp_run_config *config, const sp_parameter_table *table, int64_t epoch_steps,
                          sp_text *out) {
  const sp_checkpoint_options *o = config->checkpoint;
  int64_t bytes = sp_checkpoint_bytes(table->blocks, sp_run_precision(config), sp_optimizer_slots(config->optimizer));
  sp_text_add(out, "disk\n");
  line(out, "one checkpoint", bytes, "");
  line(out, "all checkpoints", sp_retention_bytes(o->keep, o->keep_every, sp_run_steps(config, epoch_steps), bytes),
       "including the best, those kept permanently, and one being written");
  int64_t left = sp_space_left(config->directory);
  if (left >= 0) line(out, "free in the run directory", left, config->directory);
}

static sp_status describe(const sp_run_config *config, const sp_feed *feed, const sp_network *network,
                          const placement *at, sp_text *out) {
  const sp_parameter_table *table = sp_network_table(network);
  memory m;
  SP_TRY(ask_ranks(config, network, at, &m));
  int64_t cache = sp_dataset_cache_bytes(feed->train), rows = feed->train_rows.count;
  const sp_order order = {.rows = rows, .batch = sp_run_update_rows(config)};
  int64_t steps = sp_order_steps(&order);
  char about[256], a[SP_TEXT_COUNTED], b[SP_TEXT_COUNTED], d[SP_TEXT_COUNTED];
  if (feed->validation && feed->validation != feed->train) cache += sp_dataset_cache_bytes(feed->validation);
  sp_text_add(out, "data   %s\n", sp_dataset_describe(feed->train, about));
  sp_text_add(out, "       %s, %s; %s per epoch\n", sp_text_counted(rows, "training row", a),
              sp_text_counted(feed->validation_rows.count, "validation row", b), sp_text_counted(steps, "step", d));
  sp_dataset_table(feed->train, out);
  sp_text_add(out, "\nmodel\n");
  sp_network_summary(network, out);
  SP_TRY(describe_groups(config, table, out));
  describe_update(config, network, rows, at->nodes * at->ranks_per_node, out);
  describe_lr(config, steps, out);
  sp_text_add(out, "memory of a rank\n");
  line(out, "gradients", m.gradients, "of its lanes");
  line(out, "exchange buffers", m.buffers, "messages in flight, sums of lanes");
  if (m.accumulated > 0) line(out, "accumulated gradients", m.accumulated, "of the mini-batches of its lanes");
  line(out, "optimizer state", m.slots, "its shard only");
  line(out, "copy for checkpoints", m.copy, "its shard of the parameters and optimizer state");
  const int64_t kept = sp_kept_rows_bytes(network, feed->validation_rows.count, at->nodes * at->ranks_per_node);
  if (kept != 0) line(out, "predictions for metrics", kept, "of all validation rows, on rank 0 during an evaluation");
  sp_text_add(out, "memory of a node\n");
  line(out, "parameters", m.parameters, m.shared ? "one copy" : "one copy per rank");
  line(out, "data", config->data->cache == SP_CACHE_NONE ? 0 : cache, "one copy, in the data types of the files");
  describe_disk(config, table, steps, out);
  return SP_OK;
}

// --- prediction ---------------------------------------------------------------------------------------------------

enum { MOST_NODES = 4096, MOST_RANKS = 65536, LARGEST_FILE = 1 << 20 };

static bool predicts(const plan_arguments *a) { return a->scaling || a->nodes != SP_AUTO; }

/// Read the link's bandwidth and latency and check the options of predictions.
static sp_status read_link(const plan_arguments *a, sp_link *link) {
  *link = (sp_link){.bandwidth = INFINITY};
  if (!predicts(a) && (a->bandwidth || a->latency || a->bench || a->rows != SP_AUTO)) {
    return sp_fail(SP_ERR_USAGE, "--%s: requires --nodes or --scaling",
                   a->bandwidth ? "bandwidth"
                   : a->latency ? "latency"
                   : a->bench   ? "bench"
                                : "rows");
  }
  if (a->nodes != SP_AUTO && a->nodes > MOST_RANKS / a->ranks_per_node) {
    return sp_fail(SP_ERR_USAGE, "--nodes: expected at most %d ranks in total, got %lld nodes with %lld ranks each",
                   MOST_RANKS, (long long)a->nodes, (long long)a->ranks_per_node);
  }
  if (predicts(a) && a->ranks != SP_AUTO) {
    return sp_fail(SP_ERR_USAGE, "--ranks: use --ranks-per-node with --nodes and --scaling");
  }
  if ((a->scaling || a->nodes > 1) && (!a->bandwidth || !a->latency)) {
    return sp_fail(SP_ERR_USAGE, "--%s: requires --bandwidth and --latency of a node's link",
                   a->scaling ? "scaling" : "nodes");
  }
  if (a->bandwidth && !sp_parse_rate(a->bandwidth, &link->bandwidth)) {
    return sp_fail(SP_ERR_USAGE, "--bandwidth: expected a rate such as 10gbit or 1.25GB/s, got '%s'", a->bandwidth);
  }
  if (a->latency && !sp_parse_seconds(a->latency, &link->latency)) {
    return sp_fail(SP_ERR_USAGE, "--latency: expected a time such as 20us or 0.5ms, got '%s'", a->latency);
  }
  return SP_OK;
}

static sp_status read_bench(const sp_comm *comm, const char *path, sp_bench *out) {
  char *text = NULL;
  size_t size = 0;
  sp_status status = comm->rank == 0 ? sp_file_read(path, LARGEST_FILE, &text, &size) : SP_OK;
  SP_TRY(sp_comm_agree(comm, status));
  SP_TRY(sp_comm_broadcast_text(comm, &text, &size));
  status = sp_comm_agree(comm, sp_bench_read(text, size, path, out));
  free(text);
  return status;
}

static sp_status measure_step(const sp_comm *comm, const sp_run_config *config, const void *out) {
  enum { STEPS = 20, WARM_UP = 3 };
  const sp_bench_options few = {.steps = STEPS, .warm_up = WARM_UP, .seconds = 0.1};
  return sp_bench_run(comm, config, &few, *(sp_bench *const *)out);
}

/// Measure a step on the ranks of this command.
static sp_status measure_bench(const sp_comm *comm, const plan_arguments *a, sp_bench *out) {
  sp_run_config config;
  SP_TRY(sp_run_read_config(comm, a->config, a->set.item, (int)a->set.count, &config));
  sp_status status = sp_run_on_lanes(comm, &config, measure_step, &out);
  if (status == SP_OK) MPI_Bcast(out, sizeof *out, MPI_BYTE, 0, comm->world);  // also to the ranks that were idle
  sp_run_config_free(&config);
  return status;
}

static sp_status predict(const sp_comm *comm, const plan_arguments *a, const sp_link *link, const sp_run_config *config,
                         const sp_network *network, sp_text *out) {
  sp_bench bench;
  sp_forecast_job job = {.bench = &bench,
                         .table = sp_network_table(network),
                         .link = *link,
                         .ranks_per_node = a->ranks_per_node,
                         .lanes = config->train->lanes,
                         .batch = config->train->batch_size,
                         .accumulate = config->optimizer->accumulate};
  job.link.message_bytes = config->exchange->bucket_mb * (1 << 20);
  job.link.value_bytes =
      config->exchange->wire == SP_WIRE_BFLOAT16 ? 2 : (double)sp_dtype_size(sp_run_precision(config));
  if (a->rows != SP_AUTO) {
    job.batch = 0;
    job.rows = a->rows;
  }
  SP_TRY(a->bench ? read_bench(comm, a->bench, &bench) : measure_bench(comm, a, &bench));
  if (bench.curve.points == 0) {
    return sp_fail(SP_ERR_CONFIG, "%s: contains no figures of a step: run `shardprop bench` without --limits-only",
                   a->bench);
  }
  sp_text_append(out, "\n", 1);
  if (a->nodes != SP_AUTO) sp_forecast_describe(&job, a->nodes, out);
  if (a->nodes != SP_AUTO && a->scaling) sp_text_append(out, "\n", 1);
  if (a->scaling) sp_forecast_table(&job, MOST_NODES, out);
  return SP_OK;
}

// --- the command --------------------------------------------------------------------------------------------------

static sp_status show(const sp_comm *comm, const plan_arguments *a, const sp_link *link, const sp_run_config *config,
                      const placement *at) {
  sp_feed feed;
  sp_network *network;
  sp_text text = {0};
  SP_TRY(sp_feed_open(comm, config, SP_FEED_TRAINING, &feed));
  sp_data_form data;
  sp_dataset_form(feed.train, &data);
  sp_status status = sp_network_create(config->model, &data, sp_run_arithmetic(config), &network);
  status = sp_document_locate(config->document, status);
  if (status == SP_OK) {
    status = sp_feed_check_scored(config, &feed, network);
    if (status == SP_OK) status = sp_feed_use(comm, config, &feed, network);
    if (status == SP_OK) status = sp_feed_open_test(comm, config, network, &feed);
    if (status == SP_OK) status = sp_feed_check_columns(comm, &feed, network);
    if (status == SP_OK) status = describe(config, &feed, network, at, &text);
    if (status == SP_OK && predicts(a)) status = predict(comm, a, link, config, network, &text);
    sp_network_free(network);
  }
  if (status == SP_OK && comm->rank == 0) sp_visible_print(sp_text_string(&text));
  sp_text_free(&text);
  sp_feed_close(&feed);
  return status;
}

/// Needs neither MPI nor the data, for scripts.
static sp_status print_directory(const void *given) {
  const plan_arguments *a = given;
  sp_run_config config;
  char *text;
  size_t size;
  sp_status read = sp_file_read(a->config, LARGEST_FILE, &text, &size);
  if (read != SP_OK) return sp_fail(SP_ERR_CONFIG, "configuration %s", sp_error_message());
  sp_status status = sp_run_config_read(text, size, a->config, a->set.item, (int)a->set.count, &config);
  free(text);
  SP_TRY(status);
  sp_visible_line("%s", config.directory);
  sp_run_config_free(&config);
  return SP_OK;
}

static sp_status plan(const sp_comm *comm, const void *given) {
  const plan_arguments *a = given;
  sp_run_config config;
  sp_link link;
  if (a->directory) return sp_comm_agree(comm, comm->rank == 0 ? print_directory(a) : SP_OK);
  SP_TRY(read_link(a, &link));
  SP_TRY(sp_run_read_config(comm, a->config, a->set.item, (int)a->set.count, &config));
  int64_t lanes = config.train->lanes, ranks = lanes != SP_AUTO ? lanes : 1;
  if (a->ranks != SP_AUTO) ranks = a->ranks;
  placement at = {1, ranks};
  if (a->nodes != SP_AUTO) at = (placement){a->nodes, a->ranks_per_node};
  ranks = at.nodes * at.ranks_per_node;
  sp_status status = sp_run_config_choose_lanes(&config, ranks);
  lanes = config.train->lanes;
  if (status == SP_OK && ranks > lanes) {
    status = sp_document_fail(config.document, "train.lanes",
                              "%lld lanes keep at most %lld ranks busy, and the plan is for %lld: set "
                              "train.lanes to at least %lld",
                              (long long)lanes, (long long)lanes, (long long)ranks, (long long)ranks);
  }
  if (status == SP_OK) status = show(comm, a, &link, &config, &at);
  sp_run_config_free(&config);
  return status;
}

static int execute(int argc, char **argv) {
  plan_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--directory") == 0) {
      return sp_command_alone(&usage, groups, 1, argc, argv, print_directory, &given);
    }
  }
  return sp_command_on_ranks(&usage, groups, 1, argc, argv, plan, &given);
}

const sp_command sp_command_plan = {
    .variant = {"plan", "check a configuration; show the model and the memory and disk space it needs"},
    .run = execute};
