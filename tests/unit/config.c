// SPDX-License-Identifier: Apache-2.0
// The root option table and configs/: the configurations are valid, reference.yaml has every option, and invalid
// combinations are refused.
#include "train/run_config.h"

#include "base/files.h"
#include "check.h"
#include "data/transforms.h"
#include "model/initialiser.h"
#include "model/layer.h"
#include "model/loss.h"
#include "model/metric.h"
#include "optim/rule.h"
#include "optim/schedule.h"

static char *read_config(const char *name, size_t *size) {
  char path[1000], *text;
  snprintf(path, sizeof path, "%s/configs/%s", SP_SOURCE_ROOT, name);
  assert_ok(sp_file_read(path, 1 << 20, &text, size));
  return text;
}

static void configurations_are_right(void **state) {
  (void)state;
  static const char *const names[] = {"fashion_mnist.yaml", "reference.yaml"};
  for (int i = 0; i < 2; i++) {
    size_t size;
    sp_run_config config;
    char *text = read_config(names[i], &size);
    assert_ok(sp_run_config_read(text, size, names[i], NULL, 0, &config));
    assert_int_equal(config.train->batch_size, 32);
    assert_string_equal(config.optimizer->rule.type->name, "rmsprop");
    sp_run_config_free(&config);
    free(text);
  }
}

static void check_shown(const char *text, const sp_option *table) {
  for (const sp_option *option = table; option->name; option++) {
    if (option->flags & SP_OPTION_INLINE) continue;  // its variants' names are shown
    char key[100];
    snprintf(key, sizeof key, "%s:", option->name);
    if (!strstr(text, key)) fail_msg("configs/reference.yaml does not show '%s'", option->name);
    if (option->fields) check_shown(text, option->fields);
  }
}

static void check_named(const char *text, const sp_variant *const *variants) {
  for (; *variants; variants++) {
    if (!strstr(text, (*variants)->name)) fail_msg("configs/reference.yaml does not name '%s'", (*variants)->name);
    if ((*variants)->options) check_shown(text, (*variants)->options);
  }
}

static void reference_is_complete(void **state) {
  (void)state;
  size_t size;
  char *text = read_config("reference.yaml", &size);
  check_shown(text, sp_run_fields);
  check_named(text, sp_layers);
  check_named(text, sp_losses);
  check_named(text, sp_metrics);
  check_named(text, sp_initialisers);
  check_named(text, sp_transforms);
  check_named(text, sp_rules);
  check_named(text, sp_schedules);
  free(text);
}

// The options that only one row of --set changes, on top of a whole configuration.
static void refused(const char *const *overrides, int count, const char *part) {
  size_t size;
  sp_run_config config;
  char *text = read_config("fashion_mnist.yaml", &size);
  assert_fails(sp_run_config_read(text, size, "fashion_mnist.yaml", overrides, count, &config), SP_ERR_CONFIG, part);
  free(text);
}

static void accepted(const char *const *overrides, int count) {
  size_t size;
  sp_run_config config;
  char *text = read_config("fashion_mnist.yaml", &size);
  assert_ok(sp_run_config_read(text, size, "fashion_mnist.yaml", overrides, count, &config));
  sp_run_config_free(&config);
  free(text);
}

static void combinations(void **state) {
  (void)state;
  refused((const char *[]){"run.name=''"}, 1, "run.name: '' is empty: expected a name");
  refused((const char *[]){"train.lanes=33"}, 1, "too few for 33 lanes");
  refused((const char *[]){"train.monitor=top_k"}, 1, "train.monitor");
  refused((const char *[]){"data.validation.file=a.h5"}, 1, "both a fraction and a file");
  refused((const char *[]){"data.validation={features: a}"}, 1,
          "data.validation.file: missing: the column features has no file of its own");
  refused((const char *[]){"data.validation={}"}, 1, "data.validation");
  refused((const char *[]){"model.loss=~"}, 1, "model.loss: missing");
  refused((const char *[]){"model.layers=~"}, 1, "model.layers: missing");
  refused((const char *[]){"data.validation=~", "optimizer.schedule=plateau"}, 2,
          "optimizer.schedule.plateau: requires data.validation");
  refused((const char *[]){"data.validation=~", "train.patience=3"}, 2, "train.patience");
  refused((const char *[]){"optimizer.rmsprop.nesterov=true"}, 1, "momentum");
}

static void numbers_that_float32_cannot_hold(void **state) {
  (void)state;
  refused((const char *[]){"optimizer={sgd: {lr: 1e39}}"}, 1,
          "--set optimizer={sgd: {lr: 1e39}}: optimizer.sgd.lr: expected at most 3.40282e+38, the largest float32 "
          "number, got 1e+39");
  refused((const char *[]){"optimizer.rmsprop.weight_decay=1e39"}, 1, "rmsprop.weight_decay: expected at most");
  refused((const char *[]){"optimizer.l1=1e39", "train.precision=bfloat16"}, 2, "optimizer.l1: expected at most");
  refused((const char *[]){"optimizer.groups=[{tensors: '*'}, {tensors: '*', lr: 1e39}]"}, 1,
          "optimizer.groups[1].lr: expected at most");
  accepted((const char *[]){"optimizer.l1=1e39", "train.precision=float64"}, 2);
  accepted((const char *[]){"optimizer.clip_norm=1e39"}, 1);  // is compared with the norm, which is float64 in any case
}

// The score of a metric with options has a name of its own, which train.monitor must use.
static void scores_to_watch(void **state) {
  (void)state;
  const char *overrides[] = {"model.metrics=[accuracy, {top_k: {k: 3}}]", "train.monitor=top_3"};
  accepted(overrides, 2);
  overrides[1] = "train.monitor=top_k";
  refused(overrides, 2,
          "train.monitor: expected one of the scores loss, accuracy, top_3 (others can be added to model.metrics)");
}

static void names_and_lanes(void **state) {
  (void)state;
  size_t size;
  sp_run_config config;
  char *text = read_config("fashion_mnist.yaml", &size);
  const char *overrides[] = {"run=~"};
  assert_ok(sp_run_config_read(text, size, "some/where/my.model.yaml", overrides, 1, &config));
  assert_string_equal(config.name, "my.model");
  assert_string_equal(config.directory, "runs/my.model");
  assert_true(config.train->lanes == SP_AUTO);
  assert_ok(sp_run_config_set_lanes(&config, 6));
  assert_int_equal(config.train->lanes, 6);
  assert_string_equal(config.directory, "runs/my.model");
  assert_int_equal(sp_run_steps(&config, 7), 7 * config.train->epochs);
  assert_int_equal(sp_run_steps(&config, INT64_MAX), INT64_MAX);
  assert_fails(sp_run_config_set_lanes(&config, 64), SP_ERR_CONFIG, "64 lanes");
  assert_int_equal(config.train->lanes, 6);
  // Nobody has given a number of lanes: what is wrong with it is where the file says auto.
  assert_int_equal(sp_document_fail(config.document, "train.lanes", "wrong"), SP_ERR_CONFIG);
  assert_non_null(strstr(sp_error_message(), "my.model.yaml:"));
  assert_null(strstr(sp_error_message(), "--set"));
  sp_run_config_free(&config);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(configurations_are_right),
      cmocka_unit_test(reference_is_complete),
      cmocka_unit_test(combinations),
      cmocka_unit_test(scores_to_watch),
      cmocka_unit_test(names_and_lanes),
      cmocka_unit_test(numbers_that_float32_cannot_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
