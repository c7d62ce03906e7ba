// SPDX-License-Identifier: Apache-2.0
// Statistics have an update of their own: whatever the rule, decay, penalty and clipping, a running mean goes to the mean of
// the data, and the optimizer's slots have no part in it.
#include "optim/statistics.h"

#include "check.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "optim/apply.h"

typedef struct example {
  const sp_optimizer_options *optimizer;
} example;

static const sp_option fields[] = {{"optimizer", SP_OPTION_SECTION, offsetof(example, optimizer),
                                    .fields = sp_optimizer_fields, .fields_size = sizeof(sp_optimizer_options)},
                                   {0}};

// A block of trained values, then a block of statistics.
enum { MEANS = 40, VARIANCES = 20, STEPS = 300, ROWS = 8 };
static const sp_tensor tensors[] = {
    {.name = "dense_1/weight", .offset = 0, .count = SP_BLOCK},
    {"norm_1/mean", SP_TENSOR_STATISTIC, {1, {MEANS}}, SP_BLOCK, MEANS},
    {"norm_1/variance", SP_TENSOR_STATISTIC, {1, {VARIANCES}}, SP_BLOCK + 48, VARIANCES}};
static const double momentum[] = {0, 0.1, 0.25};
static const sp_parameter_table table = {tensors, 3, SP_BLOCK, 1, 2, momentum};

static sp_document *read(const char *text, const sp_optimizer_options **out) {
  sp_document *document = NULL, *resolved = NULL;
  example e;
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  assert_ok(sp_document_resolve(document, fields, &resolved));
  sp_document_free(document);
  sp_document_read(resolved, fields, &e);
  *out = e.optimizer;
  return resolved;
}

static bool decays(const sp_variant *rule) {
  for (const sp_option *o = rule->options; o && o->name; o++) {
    if (strcmp(o->name, "weight_decay") == 0) return true;
  }
  return false;
}

static double mean_of(int i) { return 5 + 0.125 * i; }

typedef struct vectors {
  double p[2 * SP_BLOCK], sum[2 * SP_BLOCK], slot[SP_MAX_SLOTS][2 * SP_BLOCK];
} vectors;

static sp_applied stretch_of(vectors *v, int slots, int64_t block) {
  int64_t first = block * SP_BLOCK;
  sp_applied a = {.first = first, .n = SP_BLOCK, .parameters = v->p + first, .sum = {v->sum + first, NULL}};
  for (int i = 0; i < slots; i++) a.slot[i] = v->slot[i] + first;
  return a;
}

static void train(const sp_variant *rule) {
  static vectors v;
  const sp_optimizer_options *options;
  sp_parameter_groups *groups;
  char text[400];
  snprintf(text, sizeof text,
           "optimizer: {%s: {%s}, l1: 0.5, clip_value: 0.01, clip_norm: 0.02, groups: [{tensors: '*', l1: 0.25}]}",
           rule->name, decays(rule) ? "weight_decay: 0.1" : "");
  sp_document *document = read(text, &options);
  assert_ok(sp_groups_create(options, &table, document, &groups));
  sp_apply apply = {.options = options, .groups = groups, .table = &table, .precision = SP_FLOAT64, .lr_factor = 1};
  apply.scale = 1.0 / 16;  // a mean with weights, say
  apply.rows = ROWS;
  int slots = sp_rule_of(&options->rule)->slots(options->rule.options);
  memset(&v, 0, sizeof v);
  for (int i = 0; i < SP_BLOCK; i++) v.p[i] = 1, v.sum[i] = 3;
  for (int i = 0; i < MEANS; i++) v.sum[SP_BLOCK + i] = ROWS * mean_of(i);
  for (int i = 0; i < VARIANCES; i++) v.sum[SP_BLOCK + 48 + i] = ROWS * 2.0, v.p[SP_BLOCK + 48 + i] = 1;
  sp_applied trained = stretch_of(&v, slots, 0), statistics = stretch_of(&v, slots, 1);
  for (int step = 1; step <= STEPS; step++) {
    apply.step = step;
    assert_true(sp_apply_squares(&apply, &statistics) == 0);
    double squares = sp_apply_squares(&apply, &trained);
    sp_apply_clip(&apply, squares);
    assert_true(apply.clip_factor < 1);
    sp_apply_update(&apply, &trained);
    sp_apply_update(&apply, &statistics);
  }
  assert_true(v.p[0] != 1);
  for (int i = 0; i < MEANS; i++) {
    assert_near(v.p[SP_BLOCK + i], mean_of(i) * (1 - pow(0.9, STEPS)), 1e-12);
  }
  for (int i = 0; i < VARIANCES; i++) assert_near(v.p[SP_BLOCK + 48 + i], 2 - pow(0.75, STEPS), 1e-12);
  for (int i = MEANS; i < 48; i++) assert_true(v.p[SP_BLOCK + i] == 0);
  for (int s = 0; s < slots; s++) {
    for (int i = SP_BLOCK; i < 2 * SP_BLOCK; i++) assert_true(v.slot[s][i] == 0);
  }
  sp_groups_free(groups);
  sp_document_free(document);
}

static void every_rule_leaves_them_alone(void **state) {
  (void)state;
  for (const sp_variant *const *rule = sp_rules; *rule; rule++) train(*rule);
}

static void any_cut_gives_the_same_bits(void **state) {
  (void)state;
  float whole[SP_BLOCK] = {0}, cut[SP_BLOCK] = {0}, sum[SP_BLOCK];
  for (int i = 0; i < SP_BLOCK; i++) sum[i] = (float)i / 3;
  sp_statistics_update(&table, SP_FLOAT32, 0.125, SP_BLOCK, SP_BLOCK, whole, sum);
  for (int i = 0; i < SP_BLOCK; i += 16) {
    sp_statistics_update(&table, SP_FLOAT32, 0.125, SP_BLOCK + i, 16, cut + i, sum + i);
  }
  assert_memory_equal(whole, cut, sizeof whole);
  assert_true(whole[39] == (float)(0.1 * (0.125 * (double)sum[39])));
  assert_true(whole[40] == 0 && whole[48 + VARIANCES] == 0);
}

static void no_group_has_them(void **state) {
  (void)state;
  const sp_optimizer_options *options;
  sp_parameter_groups *groups;
  sp_document *document = read("optimizer: {sgd: ~, groups: [{tensors: '*/mean', lr: 1}]}", &options);
  assert_fails(sp_groups_create(options, &table, document, &groups), SP_ERR_CONFIG,
               "x.yaml:1:31: optimizer.groups[0].tensors: no tensor matches '*/mean'; the tensors are dense_1/weight");
  sp_document_free(document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_rule_leaves_them_alone),
      cmocka_unit_test(any_cut_gives_the_same_bits),
      cmocka_unit_test(no_group_has_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
