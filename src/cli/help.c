// shardprop help: what can stand in a configuration, from the option tables themselves.
// May include: everything.
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "optim/optimizer.h"
#include "train/config.h"

static const struct {
  const char *name;
  const char *help;
  const sp_variant *const *variants;
} topics[] = {
    {"optimizer", "update rules: optimizer: {NAME: {…}}", sp_rules},
    {"layer", "layers: model.layers: [NAME, {NAME: {…}}, …]", sp_layers},
    {"loss", "losses: model.loss: NAME", sp_losses},
    {"metric", "metrics: model.metrics: [NAME, …]", sp_metrics},
    {"initialiser", "initial values: weight_init: NAME", sp_initialisers},
    {"transform", "transforms: data.transform: [{NAME: {…}}, …]", sp_transforms},
};
enum { TOPICS = sizeof topics / sizeof *topics };

static void list_topics(sp_text *out) {
  sp_text_add(out, "usage: shardprop help TOPIC [NAME]\n\n");
  for (int i = 0; i < TOPICS; i++) sp_text_add(out, "  %-12s %s\n", topics[i].name, topics[i].help);
  sp_text_add(out, "  %-12s every section of the configuration, or one: shardprop help config train\n", "config");
  sp_text_add(out, "\nAn example: shardprop help optimizer rmsprop\n");
}

static sp_status unknown(const char *what, const char *name, const char *const *names, int64_t count) {
  sp_text known = {0};
  for (int64_t i = 0; i < count; i++) sp_text_add(&known, "%s%s", i ? ", " : "", names[i]);
  const char *nearest = sp_nearest_name(name, names, count);
  sp_status status = nearest ? sp_fail(SP_ERR_USAGE, "unknown %s '%s' (did you mean '%s'?)", what, name, nearest)
                             : sp_fail(SP_ERR_USAGE, "unknown %s '%s': there are %s", what, name, known.data);
  sp_text_free(&known);
  return status;
}

static sp_status explain_variants(const sp_variant *const *variants, const char *topic, const char *name, sp_text *out) {
  const char *names[128];
  int64_t count = 0;
  for (; variants[count] && count < 128; count++) names[count] = variants[count]->name;
  if (!name) {
    for (int64_t i = 0; i < count; i++) sp_text_add(out, "  %-24s %s\n", names[i], variants[i]->help);
    return SP_OK;
  }
  const sp_variant *variant = sp_variant_find(variants, name);
  if (!variant) return unknown(topic, name, names, count);
  sp_text_add(out, "%s: %s\n", variant->name, variant->help);
  if (variant->options) sp_options_help(out, variant->options, 2);
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
  if (section) return unknown("section", section, names, count);
  sp_options_help(out, sp_run_fields, 0);
  return SP_OK;
}

static sp_status explain(int argc, char **argv, sp_text *out) {
  const char *names[TOPICS + 1] = {"config"};
  if (argc > 3) return sp_fail(SP_ERR_USAGE, "'%s' is one argument too many", argv[3]);
  if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    list_topics(out);
    return SP_OK;
  }
  const char *topic = argv[1], *name = argc > 2 ? argv[2] : NULL;
  if (strcmp(topic, "config") == 0) return explain_config(name, out);
  for (int i = 0; i < TOPICS; i++) {
    names[i + 1] = topics[i].name;
    if (strcmp(topic, topics[i].name) == 0) return explain_variants(topics[i].variants, topic, name, out);
  }
  return unknown("topic", topic, names, TOPICS + 1);
}

int sp_command_help(int argc, char **argv) {
  sp_text text = {0};
  sp_status status = explain(argc, argv, &text);
  if (status == SP_OK) {
    fputs(sp_text_string(&text), stdout);
  } else {
    sp_error("%s", sp_error_message());
  }
  sp_text_free(&text);
  return sp_exit_code(status);
}
