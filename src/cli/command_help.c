// SPDX-License-Identifier: Apache-2.0
// shardprop help: the options of a configuration, printed from the option tables.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/visible.h"
#include "cli/command.h"
#include "config/help.h"
#include "config/names.h"
#include "config/option_reference.h"
#include "data/transforms.h"
#include "model/initialiser.h"
#include "model/layer.h"
#include "model/loss.h"
#include "model/metric.h"
#include "optim/rule.h"
#include "optim/schedule.h"
#include "train/run_config.h"

typedef struct help_arguments {
  const char *topic, *name;
} help_arguments;

#define AT(member) offsetof(help_arguments, member)
static const sp_option options[] = {
    {.name = "topic",
     .kind = SP_OPTION_STRING,
     .offset = AT(topic),
     .flags = SP_OPTION_POSITIONAL | SP_OPTION_OPTIONAL,
     .help = "topic to explain (default: list the topics)"},
    {.name = "name",
     .kind = SP_OPTION_STRING,
     .offset = AT(name),
     .flags = SP_OPTION_POSITIONAL | SP_OPTION_OPTIONAL,
     .help = "entry of the topic to explain with its options (default: list the entries)"},
    {0}};

static const sp_usage usage = {.command = "help",
                               .synopsis = "shardprop help [TOPIC [NAME]]",
                               .details = "Explain the options of a configuration file.",
                               .example = "shardprop help optimizer rmsprop"};

static const struct {
  const char *name;
  const char *help;
  const sp_variant *const *variants;
} topics[] = {
    {"optimizer", "update rules: optimizer: {NAME: {…}}", sp_rules},
    {"schedule", "schedules of the learning rate: optimizer.schedule: {NAME: {…}}", sp_schedules},
    {"layer", "layers: model.layers: [NAME, {NAME: {…}}, …]", sp_layers},
    {"loss", "losses: model.loss: NAME or {NAME: {…}}", sp_losses},
    {"metric", "metrics: model.metrics: [NAME, {NAME: {…}}, …]", sp_metrics},
    {"initialiser", "initial values: weight_init: NAME or {NAME: {…}}", sp_initialisers},
    {"transform", "transforms: data.transform: [{NAME: {…}}, …], or data.transforms: {COLUMN: […]}", sp_transforms},
};
enum { TOPICS = sizeof topics / sizeof *topics };

static const char reference[] =
    "# Every option of a configuration with its default, or with an example value if it has none and is required.\n"
    "# Options that are commented out are optional without a default, or alternatives to those that are not.\n"
    "# Printed by: shardprop help reference\n"
    "# Any option can be overridden: shardprop train CONFIG --set train.epochs=3\n"
    "# Paths are relative to the directory in which the program is started.\n";

static const char example[] =
    "run: {name: reference}\n"
    "data:\n"
    "  train: {file: data/fashion-mnist.h5, features: /train/images, targets: /train/labels}\n"
    "  validation: {fraction: 0.2}\n"
    "  test: {file: data/fashion-mnist.h5, features: /test/images, targets: /test/labels}\n"
    "  transform: [{scale: 0.00392156862745098}]\n"
    "model:\n"
    "  layers: [{dense: {units: 128}}, relu, {dense: {units: 10}}]\n"
    "  loss: softmax_cross_entropy\n"
    "  metrics: [accuracy]\n"
    "optimizer: rmsprop\n";

static void list_topics(sp_text *out) {
  sp_text_add(out, "usage: %s\n\n", usage.synopsis);
  for (int i = 0; i < TOPICS; i++) sp_text_add(out, "  %-12s %s\n", topics[i].name, topics[i].help);
  sp_text_add(out, "  %-12s a configuration file with every option\n", "reference");
  sp_text_add(out, "  %-12s all sections of the configuration, or one of them: shardprop help config train\n",
              "config");
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
  if (variants == sp_losses) {
    sp_text_add(out, "  accepted targets: %s\n", ((const sp_loss_type *)(const void *)variant)->targets);
  }
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
  const char *names[TOPICS + 2] = {[0] = "config", [TOPICS + 1] = "reference"};
  if (!topic) {
    list_topics(out);
    return SP_OK;
  }
  if (strcmp(topic, "config") == 0) return explain_config(name, out);
  if (strcmp(topic, "reference") == 0) {
    if (name) return sp_fail(SP_ERR_USAGE, "reference: expected no further argument, got '%s'", name);
    sp_text_add(out, "%s", reference);
    return sp_options_reference(out, sp_run_fields, example);
  }
  for (int i = 0; i < TOPICS; i++) {
    names[i + 1] = topics[i].name;
    if (strcmp(topic, topics[i].name) == 0) return explain_variants(topics[i].variants, topic, name, out);
  }
  return sp_unknown_name("topic", topic, names, TOPICS + 2);
}

static sp_status help(const void *context) {
  const help_arguments *given = context;
  sp_text text = {0};
  sp_status status = explain(given->topic, given->name, &text);
  if (status == SP_OK) sp_visible_print(sp_text_string(&text));
  sp_text_free(&text);
  return status;
}

static int execute(int argc, char **argv) {
  help_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_alone(&usage, groups, 1, argc, argv, help, &given);
}

const sp_command sp_command_help = {
    .variant = {"help", "explain the options of the configuration: layers, losses, optimizers and so on"},
    .run = execute};
