// shardprop help: what can stand in a configuration, from the option tables themselves.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/visible.h"
#include "cli/command.h"
#include "model/initialiser.h"
#include "model/layer.h"
#include "model/loss.h"
#include "model/metric.h"
#include "optim/rule.h"
#include "optim/schedule.h"
#include "train/run_config.h"

typedef struct arguments {
  const char *topic, *name;
} arguments;

#define AT(member) offsetof(arguments, member)
static const sp_option options[] = {
    {.name = "topic", .kind = SP_OPTION_STRING, .offset = AT(topic), .flags = SP_OPTION_POSITIONAL | SP_OPTION_OPTIONAL,
     .help = "what to explain (default: list the topics)"},
    {.name = "name", .kind = SP_OPTION_STRING, .offset = AT(name), .flags = SP_OPTION_POSITIONAL | SP_OPTION_OPTIONAL,
     .help = "one of the topic, with its options (default: list them)"},
    {0}};

static const sp_usage usage = {
    .command = "help",
    .synopsis = "shardprop help [TOPIC [NAME]]",
    .details = "Explain what can stand in a configuration.",
    .example = "shardprop help optimizer rmsprop"};

static const struct {
  const char *name;
  const char *help;
  const sp_variant *const *variants;
} topics[] = {
    {"optimizer", "update rules: optimizer: {NAME: {…}}", sp_rules},
    {"schedule", "schedules of the learning rate: optimizer.schedule: {NAME: {…}}", sp_schedules},
    {"layer", "layers: model.layers: [NAME, {NAME: {…}}, …]", sp_layers},
    {"loss", "losses: model.loss: NAME", sp_losses},
    {"metric", "metrics: model.metrics: [NAME, …]", sp_metrics},
    {"initialiser", "initial values: weight_init: NAME", sp_initialisers},
    {"transform", "transforms: data.transform: [{NAME: {…}}, …]", sp_transforms},
};
enum { TOPICS = sizeof topics / sizeof *topics };

static void list_topics(sp_text *out) {
  sp_text_add(out, "usage: %s\n\n", usage.synopsis);
  for (int i = 0; i < TOPICS; i++) sp_text_add(out, "  %-12s %s\n", topics[i].name, topics[i].help);
  sp_text_add(out, "  %-12s every section of the configuration, or one: shardprop help config train\n", "config");
  sp_text_add(out, "\nExample:\n  %s\n", usage.example);
}

static sp_status explain_variants(const sp_variant *const *variants, const char *topic, const char *name,
                                  sp_text *out) {
  if (!name) {
    for (; *variants; variants++) sp_text_add(out, "  %-24s %s\n", (*variants)->name, (*variants)->help);
    return SP_OK;
  }
  const sp_variant *variant = sp_variant_find(variants, name);
  if (!variant) return sp_unknown_variant(topic, name, variants);
  sp_text_add(out, "%s: %s\n", variant->name, variant->help);
  if (variant->options) sp_options_help(out, variant->options, 2);
  if (variants == sp_losses) sp_text_add(out, "  targets: %s\n", ((const sp_loss_type *)(const void *)variant)->targets);
  for (const sp_option *option = variant->options; option && option->name; option++) {
    sp_presets_help(out, option->presets, 2);
  }
  return SP_OK;
}

static sp_status explain_config(const char *section, sp_text *out) {
  const char *names[32];
  int64_t count = 0;
  for (const sp_option *option = sp_run_fields; option->name; option++) {
    names[count++] = option->name;
    if (!section || strcmp(section, option->name) != 0) continue;
    sp_text_add(out, "%s: %s\n", option->name, option->help);
    if (option->fields) {
      sp_options_help(out, option->fields, 2);
      return SP_OK;
    }
    return explain_variants(option->variants, option->name, NULL, out);
  }
  if (section) return sp_unknown_name("section", section, names, count);
  sp_options_help(out, sp_run_fields, 0);
  return SP_OK;
}

static sp_status explain(const char *topic, const char *name, sp_text *out) {
  const char *names[TOPICS + 1] = {"config"};
  if (!topic) {
    list_topics(out);
    return SP_OK;
  }
  if (strcmp(topic, "config") == 0) return explain_config(name, out);
  for (int i = 0; i < TOPICS; i++) {
    names[i + 1] = topics[i].name;
    if (strcmp(topic, topics[i].name) == 0) return explain_variants(topics[i].variants, topic, name, out);
  }
  return sp_unknown_name("topic", topic, names, TOPICS + 1);
}

static sp_status help(const void *context) {
  const arguments *given = context;
  sp_text text = {0};
  sp_status status = explain(given->topic, given->name, &text);
  if (status == SP_OK) sp_visible_print(sp_text_string(&text));
  sp_text_free(&text);
  return status;
}

int sp_command_help(int argc, char **argv) {
  arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, help, &given);
}
