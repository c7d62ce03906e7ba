// SPDX-License-Identifier: Apache-2.0
// Groups of tensors: which range of the vector gets which options; and the gradient that a rule gets.
#include "optim/groups.h"

#include "check.h"
#include "compute/elementwise.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "optim/gradient.h"
#include "optim/rule.h"

typedef struct example {
  const sp_optimizer_options *optimizer;
} example;

static const sp_option table[] = {{"optimizer", SP_OPTION_SECTION, offsetof(example, optimizer),
                                   .fields = sp_optimizer_fields, .fields_size = sizeof(sp_optimizer_options)},
                                  {0}};

// A vector of 2 blocks with gaps between the tensors.
static const sp_tensor tensors[] = {{.name = "dense_1/weight", .offset = 0, .count = 5000},
                                    {.name = "dense_1/bias", .offset = 5008, .count = 10},
                                    {.name = "dense_2/weight", .offset = 5024, .count = 30},
                                    {.name = "dense_2/bias", .offset = 5056, .count = 3}};
static const sp_parameter_table parameters = {
    .tensor = tensors, .tensors = 4, .trainable = 5043, .trained_blocks = 2, .blocks = 2};

static sp_document *read(const char *text, const sp_optimizer_options **out) {
  sp_document *document = NULL, *resolved = NULL;
  example e;
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  assert_ok(sp_document_resolve(document, table, &resolved));
  sp_document_free(document);
  sp_document_read(resolved, table, &e);
  *out = e.optimizer;
  return resolved;
}

/// An option of a group's rule, by its name.
static double option_of(const sp_parameter_group *group, const char *name) {
  const sp_option *option = group->rule.type->options;
  while (strcmp(option->name, name) != 0) option++;
  return *(const double *)((const char *)group->rule.options + option->offset);
}

static void the_first_pattern_counts(void **state) {
  (void)state;
  const sp_optimizer_options *options;
  sp_parameter_groups *groups;
  sp_document *document = read(
      "optimizer: {adam: {lr: 0.5, weight_decay: 0.25, beta1: 0.75}, l1: 3, groups: [\n"
      "  {tensors: '*/bias', weight_decay: 0, l1: 0}, {tensors: ['dense_2/*', none*, dense_1/?eight],"
      " lr: 2}]}",
      &options);
  assert_fails(sp_groups_create(options, &parameters, document, &groups), SP_ERR_CONFIG,
               "x.yaml:2:49: optimizer.groups[1].tensors: no tensor matches 'none*'; the tensors are dense_1/weight, "
               "dense_1/bias, dense_2/weight, dense_2/bias");
  sp_document_free(document);

  document = read(
      "optimizer: {adam: ~, groups: [{tensors: dense_2/weight}, {tensors: '*/bias'},\n"
      "  {tensors: [dense_2/*, dense_1/bias], lr: 2}]}",
      &options);
  assert_fails(sp_groups_create(options, &parameters, document, &groups), SP_ERR_CONFIG,
               "x.yaml:2:4: optimizer.groups[2].tensors: all matching tensors belong to earlier groups: dense_2/bias "
               "belongs to optimizer.groups[1]");
  sp_document_free(document);

  document = read(
      "optimizer: {adam: {lr: 0.5, weight_decay: 0.25, beta1: 0.75}, l1: 3, groups: [\n"
      "  {tensors: '*/bias', weight_decay: 0, l1: 0}, {tensors: 'dense_2/*', lr: 2}]}",
      &options);
  assert_ok(sp_groups_create(options, &parameters, document, &groups));
  assert_true(sp_groups_have_l1(groups));
  const struct {
    int64_t first, end;
    double lr, decay, l1;
  } expected[] = {{0, 5008, 0.5, 0.25, 3},     {4999, 5008, 0.5, 0.25, 3}, {5008, 5024, 0.5, 0, 0},
                  {5023, 5024, 0.5, 0, 0},     {5024, 5056, 2, 0.25, 3},   {5056, INT64_MAX, 0.5, 0, 0},
                  {8191, INT64_MAX, 0.5, 0, 0}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    int64_t end;
    const sp_parameter_group *group = sp_groups_at(groups, expected[i].first, &end);
    assert_int_equal(end, expected[i].end);
    assert_true(option_of(group, "lr") == expected[i].lr);
    assert_true(option_of(group, "weight_decay") == expected[i].decay);
    assert_true(option_of(group, "beta1") == 0.75);
    assert_true(group->l1 == expected[i].l1);
  }
  sp_groups_free(groups);
  sp_document_free(document);

  document = read("optimizer: sgd", &options);  // none: one range
  int64_t end;
  assert_ok(sp_groups_create(options, &parameters, document, &groups));
  assert_ptr_equal(sp_groups_at(groups, 6000, &end)->rule.options, options->rule.options);
  assert_int_equal(end, INT64_MAX);
  assert_false(sp_groups_have_l1(groups));
  sp_groups_free(groups);
  sp_document_free(document);
}

static void gradients_are_made_and_clipped(void **state) {
  (void)state;
  const float p[] = {1, -1, 0, -0.0f, 2, -2}, sum[] = {4, 4, 4, -4, 100, -100};
  float g[6];
  const sp_gradient_form form = {.scale = 0.25, .l1 = 0.5, .clip_value = 3};
  sp_gradient_make(SP_FLOAT32, 6, &form, p, sum, g);
  const float expected[] = {1.5f, 0.5f, 1, -1, 3, -3};
  for (int i = 0; i < 6; i++) assert_true(g[i] == expected[i]);

  const double p64[] = {1e-300, -1e300}, sum64[] = {0, 1e300};
  double g64[2];
  sp_gradient_make(SP_FLOAT64, 2, &(sp_gradient_form){1, 0.1, INFINITY}, p64, sum64, g64);
  assert_true(g64[0] == 0.1 && g64[1] == 1e300 - 0.1);

  assert_true(sp_gradient_clip_factor(2, 1) == 1);
  assert_true(sp_gradient_clip_factor(2, 8) == 2 / (8 + 1e-6));
  assert_true(sp_gradient_clip_factor(2, 0) == 1);
  assert_true(sp_gradient_clip_factor(2, INFINITY) == 0);
}

static void squares_add_up(void **state) {
  (void)state;
  enum { N = 1003 };
  float x[N];
  double x64[N], expected = 0;
  for (int64_t n = 0; n <= N; n += n < 40 ? 1 : 321) {
    expected = 0;
    for (int i = 0; i < n; i++) {
      x[i] = (float)((i * 37) % 101 - 50) / 8;
      x64[i] = (double)x[i];
      expected += x64[i] * x64[i];  // exact: multiples of 1/64
    }
    assert_true(sp_sum_squares(SP_FLOAT32, n, x) == expected);
    assert_true(sp_sum_squares(SP_FLOAT64, n, x64) == expected);
  }
  x[7] = 3e38f;
  assert_near(sp_sum_squares(SP_FLOAT32, 8, x) / 9e76, 1, 1e-6);  // no overflow
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_pattern_counts),
      cmocka_unit_test(gradients_are_made_and_clipped),
      cmocka_unit_test(squares_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
