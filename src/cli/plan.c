// shardprop plan: check a configuration and say what a run of it takes; train nothing.
// May include: everything.
#include <stdio.h>

#include "base/files.h"
#include "base/share.h"
#include "base/text.h"
#include "cli/command.h"
#include "exchange/lanes.h"
#include "exchange/shard.h"
#include "train/run.h"

typedef struct arguments {
  const char *config;
  int64_t ranks;
  sp_strings set;
} arguments;

#define AT(member) offsetof(arguments, member)
static const sp_option options[] = {
    {.name = "config", .kind = SP_OPTION_STRING, .offset = AT(config), .flags = SP_OPTION_POSITIONAL,
     .help = "the configuration, a YAML file"},
    {.name = "ranks", .letter = 'n', .kind = SP_OPTION_INT, .offset = AT(ranks), .range = "[1, 65536]",
     .flags = SP_OPTION_OPTIONAL, .help = "for so many ranks (default: the configuration's lanes, or 1)"},
    {.name = "set", .letter = 's', .kind = SP_OPTION_STRINGS, .offset = AT(set), .unit = "key=value",
     .flags = SP_OPTION_OPTIONAL, .help = "override the configuration; may be given several times"},
    {0}};

static const sp_usage usage = {
    .command = "plan",
    .synopsis = "shardprop plan CONFIG [--ranks N] [--set KEY=VALUE]...",
    .details = "Check a configuration and the data it names, and show the model and what a run takes: memory,\n"
               "messages, disk. Nothing is trained, nothing is written.",
    .example = "shardprop plan configs/fashion_mnist.yaml --ranks 8"};

/// What a rank holds and sends, in bytes; of the rank that has most.
typedef struct costs {
  int64_t parameters, gradients, slots, received;
  int64_t sent_a_step, checkpoint;
} costs;

/// Gradients a rank holds at a time: its partial sums, while its lanes are worked through.
static int64_t most_gradients(int64_t lanes, int64_t ranks) {
  int64_t most = 1;
  for (int64_t r = 0; r < ranks; r++) {
    int64_t end = sp_share_begin(lanes, ranks, r + 1);
    for (int64_t lane = sp_share_begin(lanes, ranks, r); lane < end; lane++) {
      sp_subtree subtrees[SP_MAX_SUBTREES];
      int64_t held = sp_lanes_subtrees(lanes, sp_share_begin(lanes, ranks, r), lane, subtrees) + 1;
      if (held > most) most = held;
    }
  }
  return most;
}

static int64_t largest_shard(int64_t blocks, int64_t ranks) {
  sp_shards shards = {.blocks = blocks, .ranks = (int)ranks};
  int64_t largest = 0;
  for (int rank = 0; rank < shards.ranks; rank++) {
    int64_t mine = sp_shard_blocks(&shards, rank);
    if (mine > largest) largest = mine;
  }
  return largest;
}

static costs count_costs(const sp_parameter_table *table, const sp_run_config *config, int64_t ranks) {
  int64_t size = (int64_t)sp_dtype_size(sp_run_precision(config)), lanes = config->train->lanes;
  int64_t vector = sp_parameter_values(table) * size;
  int64_t shard = largest_shard(table->blocks, ranks) * SP_BLOCK * size;
  const sp_selected *rule = &config->optimizer;
  int64_t slots = sp_rule_of(rule)->slots(rule->options), held = most_gradients(lanes, ranks);
  int64_t sent = ranks > 1 ? (vector - shard) * ((lanes + ranks - 1) / ranks == 1 ? 1 : held) + (ranks - 1) * shard : 0;
  return (costs){.parameters = vector, .gradients = held * vector, .slots = slots * shard,
                 .received = ranks > 1 ? shard : 0, .sent_a_step = sent, .checkpoint = (1 + slots) * vector};
}

static void line(sp_text *out, const char *what, int64_t bytes, const char *note) {
  char size[32];
  sp_text_add(out, "  %-34s %10s  %s\n", what, sp_text_bytes(bytes, size), note);
}

static sp_status describe(const sp_run_config *config, const sp_feed *feed, const sp_network *network, int64_t ranks,
                          sp_text *out) {
  const sp_parameter_table *table = sp_network_table(network);
  costs c = count_costs(table, config, ranks);
  int64_t cache = 0, train_cache, batch = config->train->batch_size, rows = feed->train_rows.count;
  char about[256], a[32], b[32], d[32];
  SP_TRY(sp_dataset_cache_bytes(feed->train, &train_cache));
  cache = train_cache;
  if (feed->validation && feed->validation != feed->train) {
    SP_TRY(sp_dataset_cache_bytes(feed->validation, &train_cache));
    cache += train_cache;
  }
  sp_text_add(out, "data   %s\n", sp_dataset_describe(feed->train, about));
  sp_text_add(out, "       %s rows to train on, %s to validate; %s steps an epoch\n", sp_text_count(rows, a),
              sp_text_count(feed->validation_rows.count, b), sp_text_count((rows + batch - 1) / batch, d));
  sp_text_add(out, "\nmodel\n");
  sp_network_summary(network, out);
  sp_text_add(out, "\n%lld rank%s, %lld lanes, %lld to %lld rows of each batch a lane\n", (long long)ranks,
              ranks == 1 ? "" : "s", (long long)config->train->lanes, (long long)(batch / config->train->lanes),
              (long long)((batch + config->train->lanes - 1) / config->train->lanes));
  // A gradient costs two products of the size of the forward one, for the weights and for the input.
  sp_text_add(out, "about %.3g Mflop a step\n", 3e-6 * (double)sp_network_flops(network) * (double)batch);
  sp_text_add(out, "memory of a rank\n");
  line(out, "parameters", c.parameters, "the whole vector");
  line(out, "gradients", c.gradients, "partial sums of its lanes");
  line(out, "optimizer state", c.slots, "its shard only");
  if (ranks > 1) line(out, "sum of its shard", c.received, "");
  sp_text_add(out, "memory of a node\n");
  line(out, "data", config->data->cache == SP_CACHE_NONE ? 0 : cache, "one copy, in the files' own types");
  sp_text_add(out, "messages\n");
  line(out, "sent by a rank in a step, at most", c.sent_a_step, "gradients out, updated shard out");
  sp_text_add(out, "disk\n");
  line(out, "a checkpoint", c.checkpoint, "");
  line(out, "all that are kept", c.checkpoint * (config->checkpoint->keep + 2), "with the best one, and one being written");
  int64_t left = sp_space_left(config->directory);
  if (left >= 0) line(out, "free in the run directory", left, config->directory);
  return SP_OK;
}

static sp_status show(const sp_comm *comm, const sp_run_config *config, int64_t ranks) {
  sp_feed feed;
  sp_network *network;
  sp_text text = {0};
  SP_TRY(sp_feed_open(comm, config, SP_FEED_TRAINING | (config->data->test ? SP_FEED_TEST : 0), &feed));
  sp_network_data data = {*sp_dataset_feature_shape(feed.train), *sp_dataset_target_shape(feed.train),
                          sp_dataset_targets_integer(feed.train)};
  sp_status status = sp_network_create(config->model, &data, sp_run_precision(config), config->train->engine == 1,
                                       &network);
  if (status == SP_OK) {
    int64_t classes = sp_network_classes(network);
    if (classes > 0) status = sp_feed_use_classes(comm, &feed, classes);
    if (status == SP_OK) status = describe(config, &feed, network, ranks, &text);
    sp_network_free(network);
  }
  if (status == SP_OK && comm->rank == 0) fputs(sp_text_string(&text), stdout);
  sp_text_free(&text);
  sp_feed_close(&feed);
  return status;
}

static sp_status plan(const sp_comm *comm, const void *given) {
  const arguments *a = given;
  sp_run_config config;
  SP_TRY(sp_run_read_config(comm, a->config, a->set.item, (int)a->set.count, &config));
  int64_t lanes = config.train->lanes, ranks = a->ranks != SP_AUTO ? a->ranks : lanes != SP_AUTO ? lanes : 1;
  sp_status status = sp_run_check_ranks(&config, (int)ranks);
  if (status == SP_OK && lanes == SP_AUTO) status = sp_run_config_set_lanes(&config, ranks);
  if (status == SP_OK) status = show(comm, &config, ranks);
  sp_run_config_free(&config);
  return status;
}

int sp_command_plan(int argc, char **argv) {
  arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_on_ranks(&usage, groups, 1, argc, argv, plan, &given);
}
