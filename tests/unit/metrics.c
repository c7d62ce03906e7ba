// SPDX-License-Identifier: Apache-2.0
// Metrics against values computed by hand, in both precisions, over all rows at once and in parts.
#include "model/metric.h"

#include "model.h"

enum { MOST_SUMS = 16, MOST_VALUES = 32 };

typedef struct trial {
  const char *name;
  const void *options;
  sp_target_meaning meaning;
  int64_t rows, size;
  const double *output, *targets;  // in float64; unless they are
  const int32_t *classes;
} trial;

static double score_in(const trial *t, sp_dtype precision, int64_t piece) {
  sp_metric metric = {.type = (const sp_metric_type *)find_variant(sp_metrics, t->name),
                      .options = t->options,
                      .meaning = t->meaning,
                      .size = t->size,
                      .sums = 1};
  if (metric.type->fit) assert_ok(metric.type->fit(&metric));
  double output[MOST_VALUES], targets[MOST_VALUES], sums[MOST_SUMS] = {0}, part[MOST_SUMS];
  assert_true(metric.sums <= MOST_SUMS);
  for (int64_t begin = 0; begin < t->rows; begin += piece) {
    int64_t rows = t->rows - begin < piece ? t->rows - begin : piece;
    for (int64_t i = 0; i < rows * t->size; i++) {
      sp_value_set(precision, output, i, t->output[begin * t->size + i]);
      if (!t->classes) sp_value_set(precision, targets, i, t->targets[begin * t->size + i]);
    }
    sp_prediction p = {precision, rows, t->size, output, targets, t->classes != NULL};
    if (t->classes) p.targets = t->classes + begin;
    metric.type->count(&metric, &p, part);
    for (int i = 0; i < metric.sums; i++) sums[i] += part[i];
  }
  return metric.type->score(&metric, sums, (double)t->rows);
}

static void check(const trial *t, double want) {
  assert_near(score_in(t, SP_FLOAT64, t->rows), want, 1e-14);
  assert_near(score_in(t, SP_FLOAT64, 2), want, 1e-14);
  assert_near(score_in(t, SP_FLOAT32, t->rows), want, 1e-6);
}

static const double logits[] = {0.5, 2, 1, 1, 1, 1, 3, 2, 1, -1, -2, -3};

static void accuracy_of_classes(void **state) {
  (void)state;
  // Right, wrong (the first of equals is 0), wrong, right.
  check(&(trial){.name = "accuracy",
                 .meaning = SP_MEANS_CLASS,
                 .rows = 4,
                 .size = 3,
                 .output = logits,
                 .classes = (int32_t[]){1, 1, 2, 0}},
        0.5);
  check(&(trial){.name = "accuracy",
                 .meaning = SP_MEANS_PROBABILITIES,
                 .rows = 4,
                 .size = 3,
                 .output = logits,
                 .targets = (double[]){0, 1, 0, 0, 1, 0, 0.1, 0.2, 0.7, 1, 0, 0}},
        0.5);
}

static void accuracy_of_yes_or_no(void **state) {
  (void)state;
  check(&(trial){.name = "accuracy",
                 .meaning = SP_MEANS_YES_OR_NO,
                 .rows = 4,
                 .size = 1,
                 .output = (double[]){2, -1, 0, 0.5},
                 .targets = (double[]){1, 1, 0, 0}},
        0.5);
  check(&(trial){.name = "accuracy",
                 .meaning = SP_MEANS_YES_OR_NO,
                 .rows = 2,
                 .size = 2,
                 .output = (double[]){2, -1, 1, 0.5},
                 .targets = (double[]){1, 1, 1, 1}},
        0.75);
}

static void top_k(void **state) {
  (void)state;
  const void *two = options_of(sp_metrics, "top_k", "k", "2");
  check(&(trial){.name = "top_k",
                 .options = two,
                 .meaning = SP_MEANS_CLASS,
                 .rows = 4,
                 .size = 3,
                 .output = logits,
                 .classes = (int32_t[]){2, 1, 2, 0}},
        0.75);
}

static void not_a_number_is_wrong(void **state) {
  (void)state;
  const double output[] = {NAN, 1, 0, NAN, NAN, NAN};
  check(&(trial){.name = "accuracy",
                 .meaning = SP_MEANS_CLASS,
                 .rows = 2,
                 .size = 3,
                 .output = output,
                 .classes = (int32_t[]){0, 0}},
        0);
}

static const double values[] = {1, 2, 3, 4}, targets[] = {1, 4, 3, 0};

static void errors(void **state) {
  (void)state;
  const void *transformed = options_of(sp_metrics, "mae", "units", "transformed");
  trial t = {.name = "mae",
             .options = transformed,
             .meaning = SP_MEANS_VALUES,
             .rows = 4,
             .size = 1,
             .output = values,
             .targets = targets};
  check(&t, 6.0 / 4);
  t.name = "rmse";
  check(&t, sqrt(20.0 / 4));
  t.name = "r2";
  check(&t, 1 - 20.0 / 10);
  t.rows = t.size = 2;  // outputs (1, 3) for (1, 3) and (2, 4) for (4, 0)
  check(&t, (1 + 1 - 20.0 / 8) / 2);
  t.name = "mae";
  check(&t, 6.0 / 4);
  t.name = "rmse";
  check(&t, sqrt(20.0 / 4));
}

static void r2_of_equal_targets(void **state) {
  (void)state;
  const double same[] = {2, 2, 2, 2};
  trial t = {.name = "r2", .meaning = SP_MEANS_VALUES, .rows = 4, .size = 1, .output = values, .targets = same};
  check(&t, 0);
  t.output = same;
  check(&t, 1);
  const double third = 1 / 3.0;  // of which no sum is exact
  double thirds[11], off[11];
  for (int i = 0; i < 11; i++) off[i] = 0.5 + (thirds[i] = third);
  t = (trial){.name = "r2", .meaning = SP_MEANS_VALUES, .rows = 11, .size = 1, .output = off, .targets = thirds};
  check(&t, 0);
  t.output = thirds;
  check(&t, 1);
}

static void r2_far_from_zero(void **state) {
  (void)state;
  const double output[] = {2020.5, 2021, 2023, 2022.5}, year[] = {2020, 2021, 2022, 2023};
  trial t = {.name = "r2", .meaning = SP_MEANS_VALUES, .rows = 4, .size = 1, .output = output, .targets = year};
  assert_near(score_in(&t, SP_FLOAT64, 4), 1 - 1.5 / 5, 1e-8);
}

static void names(void **state) {
  (void)state;
  char name[SP_METRIC_NAME];
  const void *seven = options_of(sp_metrics, "top_k", "k", "7");
  assert_string_equal(sp_metric_name(&(sp_selected){.type = &sp_metric_top_k.about, .options = seven}, name), "top_7");
  assert_string_equal(sp_metric_name(&(sp_selected){.type = &sp_metric_rmse.about}, name), "rmse");
}

static void refusals(void **state) {
  (void)state;
  const void *three = options_of(sp_metrics, "top_k", "k", "3");
  sp_metric m = {.type = &sp_metric_top_k, .options = three, .meaning = SP_MEANS_VALUES, .size = 9};
  assert_fails(m.type->fit(&m), SP_ERR_CONFIG, "softmax_cross_entropy");
  m.meaning = SP_MEANS_CLASS;
  assert_ok(m.type->fit(&m));
  m = (sp_metric){.type = &sp_metric_r2, .meaning = SP_MEANS_VALUES, .size = 101};
  assert_fails(m.type->fit(&m), SP_ERR_CONFIG, "101");
  m = (sp_metric){.type = &sp_metric_mae, .meaning = SP_MEANS_CLASS, .size = 3};
  assert_fails(m.type->fit(&m), SP_ERR_CONFIG, "mae compares values");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accuracy_of_classes),
      cmocka_unit_test(accuracy_of_yes_or_no),
      cmocka_unit_test(top_k),
      cmocka_unit_test(not_a_number_is_wrong),
      cmocka_unit_test(errors),
      cmocka_unit_test(r2_of_equal_targets),
      cmocka_unit_test(r2_far_from_zero),
      cmocka_unit_test(names),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
