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
  const double *weight;  // NULL: none
  int score;             // which of several
} trial;

/// Compute all scores from the rows in pieces.
static void scores_in(const trial *t, sp_dtype precision, int64_t piece, double *scores) {
  sp_metric metric = {.type = (const sp_metric_type *)find_variant(sp_metrics, t->name),
                      .options = t->options ? t->options : options_of(sp_metrics, t->name, NULL, NULL),
                      .meaning = t->meaning,
                      .size = t->size,
                      .weight = -1,
                      .sums = 1};
  if (metric.type->fit) assert_ok(metric.type->fit(&metric));
  double output[MOST_VALUES], targets[MOST_VALUES], weights[MOST_VALUES], sums[MOST_SUMS] = {0}, part[MOST_SUMS];
  double kept[4 * MOST_VALUES];
  sp_metric_rows counted = {(double)t->rows, 0};
  assert_true(metric.sums <= MOST_SUMS && metric.kept <= 4);
  for (int64_t begin = 0; begin < t->rows; begin += piece) {
    int64_t rows = t->rows - begin < piece ? t->rows - begin : piece;
    for (int64_t i = 0; i < rows * t->size; i++) {
      sp_value_set(precision, output, i, t->output[begin * t->size + i]);
      if (!t->classes) sp_value_set(precision, targets, i, t->targets[begin * t->size + i]);
    }
    sp_prediction p = {precision, rows, t->size, output, targets, t->classes != NULL, t->weight ? weights : NULL};
    if (t->classes) p.targets = t->classes + begin;
    for (int64_t i = 0; i < rows; i++) {
      if (t->weight) sp_value_set(precision, weights, i, t->weight[begin + i]);
      counted.weight += sp_row_weight(&p, i);
    }
    if (metric.kept > 0) {
      metric.type->keep(&metric, &p, kept + begin * metric.kept);
      continue;
    }
    metric.type->count(&metric, &p, part);
    for (int i = 0; i < metric.sums; i++) sums[i] += part[i];
  }
  if (metric.kept > 0) {
    metric.type->finish(&metric, kept, t->rows, scores);
  } else {
    metric.type->score(&metric, sums, &counted, scores);
  }
}

static double score_in(const trial *t, sp_dtype precision, int64_t piece) {
  double scores[SP_METRIC_SCORES];
  scores_in(t, precision, piece, scores);
  return scores[t->score];
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
  const void *weighted = options_of(sp_metrics, "rmse", "weight", "w");
  const void *seven = options_of(sp_metrics, "top_k", "k", "7");
  const sp_selected two[] = {{.type = &sp_metric_top_k.about, .options = seven},
                             {.type = &sp_metric_rmse.about, .options = weighted}};
  const sp_selected_list both = {two, 2};
  assert_string_equal(sp_metric_name(&both, 0, 0, name), "top_7");
  assert_string_equal(sp_metric_name(&both, 1, 0, name), "weighted_rmse");
  sp_selected scores = {.type = &sp_metric_precision_recall.about,
                        .options = options_of(sp_metrics, "precision_recall", NULL, NULL)};
  const sp_selected_list one = {&scores, 1};
  assert_int_equal(sp_metric_scores(&scores), 3);
  assert_string_equal(sp_metric_name(&one, 0, 0, name), "precision");
  assert_string_equal(sp_metric_name(&one, 0, 2, name), "f1");
  scores.options = options_of(sp_metrics, "precision_recall", "class", "7");
  assert_string_equal(sp_metric_name(&one, 0, 1, name), "recall_7");
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

// --- weights ------------------------------------------------------------------------------------------------------

// Whole weights count as that many equal rows. A row of weight 0 counts nothing.
static void weights_repeat_rows(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bool values;
  } tried[] = {{"accuracy", false}, {"top_k", false}, {"precision_recall", false},
               {"mae", true},       {"rmse", true},   {"r2", true}};
  const double weight[] = {2, 0, 1, 3}, repeated_values[] = {1, 1, 3, 4, 4, 4}, repeated_targets[] = {1, 1, 3, 0, 0, 0};
  const double repeated_logits[] = {0.5, 2, 1, 0.5, 2, 1, 3, 2, 1, -1, -2, -3, -1, -2, -3, -1, -2, -3};
  const int32_t classes[] = {1, 1, 2, 0}, repeated_classes[] = {1, 1, 2, 0, 0, 0};
  for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
    const bool values_only = tried[i].values;
    const void *two = strcmp(tried[i].name, "top_k") == 0 ? options_of(sp_metrics, "top_k", "k", "2") : NULL;
    const trial weighted = {.name = tried[i].name,
                            .options = two,
                            .meaning = values_only ? SP_MEANS_VALUES : SP_MEANS_CLASS,
                            .rows = 4,
                            .size = values_only ? 1 : 3,
                            .output = values_only ? values : logits,
                            .targets = targets,
                            .classes = values_only ? NULL : classes,
                            .weight = weight};
    trial repeated = weighted;
    repeated.rows = 6;
    repeated.weight = NULL;
    repeated.output = values_only ? repeated_values : repeated_logits;
    repeated.targets = repeated_targets;
    if (!values_only) repeated.classes = repeated_classes;
    check(&weighted, score_in(&repeated, SP_FLOAT64, 6));
  }
}

// --- several scores, all predictions ------------------------------------------------------------------------------

// Predicted 1, 0, 0, 0 and 1 for 1, 1, 2, 0 and 0: for class 0 one right of three predicted and two actual, for class 1 one
// right of two and two, for class 2 none.
static void precision_recall(void **state) {
  (void)state;
  const double output[] = {0.5, 2, 1, 1, 1, 1, 3, 2, 1, -1, -2, -3, 0, 1, 0};
  trial t = {.name = "precision_recall",
             .meaning = SP_MEANS_CLASS,
             .rows = 5,
             .size = 3,
             .output = output,
             .classes = (int32_t[]){1, 1, 2, 0, 0}};
  check(&t, (1 / 3.0 + 1 / 2.0 + 0) / 3);
  t.score = 1;
  check(&t, (1 / 2.0 + 1 / 2.0 + 0) / 3);
  t.score = 2;
  check(&t, (2 / 5.0 + 1 / 2.0 + 0) / 3);
  t.options = options_of(sp_metrics, "precision_recall", "class", "0");
  check(&t, 2 / 5.0);
  t.score = 0;
  t.weight = (double[]){1, 2, 3, 4, 0.5};  // right 4 of predicted 9
  check(&t, 4 / 9.0);
  t.score = 1;
  check(&t, 4 / 4.5);
  t = (trial){.name = "precision_recall",
              .options = options_of(sp_metrics, "precision_recall", "class", "1"),
              .meaning = SP_MEANS_YES_OR_NO,
              .rows = 3,
              .size = 2,
              .output = (double[]){9, 1, -9, 2, 9, -1},
              .targets = (double[]){0, 1, 1, 0, 0, 0.75}};
  check(&t, 1 / 2.0);
  t.score = 1;
  check(&t, 1 / 2.0);
}

static void area_under_the_curve(void **state) {
  (void)state;
  trial t = {.name = "auc",
             .meaning = SP_MEANS_YES_OR_NO,
             .rows = 6,
             .size = 1,
             .output = (double[]){0.5, 2, -1, 2, 3, 0.5},
             .targets = (double[]){0, 1, 0, 0, 1, 1}};
  // Pairs: 2 over 0.5, -1 and half of 2; 3 over all; 0.5 over -1 and half of 0.5.
  check(&t, (2.5 + 3 + 1.5) / 9);
  t.weight = (double[]){2, 1, 1, 3, 0.5, 1};
  check(&t, (1 * (2 + 1 + 1.5) + 0.5 * 6 + 1 * (1 + 1)) / (2.5 * 6));
  t.targets = (double[]){1, 1, 1, 1, 1, 1};  // no row of no
  check(&t, 0.5);
  t.targets = (double[]){0, 1, 0, 0, 1, 1};
  t.weight = (double[]){0, 1, 0, 0, 1, 1};  // the same by their weights
  check(&t, 0.5);
  // An output that is NaN is worst for either.
  t.weight = NULL;
  t.output = (double[]){NAN, 1, 0, 0, 1, 1};
  check(&t, 6 / 9.0);
  t.output = (double[]){0, NAN, 0, 0, 1, 1};
  check(&t, 6 / 9.0);
  // Two classes decide by the difference of their logits.
  t = (trial){.name = "auc",
              .meaning = SP_MEANS_CLASS,
              .rows = 3,
              .size = 2,
              .output = (double[]){0, 1, 5, 5.5, -1, -0.75},
              .classes = (int32_t[]){0, 1, 0}};
  check(&t, 0.5);
  t.classes = (int32_t[]){1, 0, 0};
  check(&t, 1);
}

static void metrics_that_do_not_apply(void **state) {
  (void)state;
  sp_metric m = {.type = &sp_metric_auc,
                 .options = options_of(sp_metrics, "auc", NULL, NULL),
                 .meaning = SP_MEANS_CLASS,
                 .size = 3};
  assert_fails(m.type->fit(&m), SP_ERR_CONFIG, "auc needs a decision between yes and no");
  m.meaning = SP_MEANS_VALUES;
  m.size = 2;
  assert_fails(m.type->fit(&m), SP_ERR_CONFIG, "auc needs a decision between yes and no");
  m = (sp_metric){.type = &sp_metric_precision_recall,
                  .options = options_of(sp_metrics, "precision_recall", "class", "3"),
                  .meaning = SP_MEANS_CLASS,
                  .size = 3};
  assert_fails(m.type->fit(&m), SP_ERR_CONFIG, "class: expected less than 3, the number of outputs, got 3");
  m.options = options_of(sp_metrics, "precision_recall", NULL, NULL);
  m.size = 151;
  assert_fails(m.type->fit(&m), SP_ERR_CONFIG, "macro supports up to 150 classes, got 151");
  m.meaning = SP_MEANS_VALUES;
  assert_fails(m.type->fit(&m), SP_ERR_CONFIG, "precision_recall needs targets that are classes");
}

// Every table ends with the options that all metrics have; each metric is of one of the two sorts.
static void every_metric(void **state) {
  (void)state;
  for (const sp_variant *const *metric = sp_metrics; *metric; metric++) {
    const sp_metric_type *type = (const sp_metric_type *)*metric;
    const sp_option *last = (*metric)->options;
    while (last[1].name) last++;
    assert_string_equal(last->name, "weight");
    assert_int_equal(last->offset, 0);
    assert_true(type->scores <= SP_METRIC_SCORES && (type->scores <= 1 || type->label));
    assert_true((type->count && type->score) != (type->keep && type->finish));
  }
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
      cmocka_unit_test(weights_repeat_rows),
      cmocka_unit_test(precision_recall),
      cmocka_unit_test(area_under_the_curve),
      cmocka_unit_test(metrics_that_do_not_apply),
      cmocka_unit_test(every_metric),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
