// SPDX-License-Identifier: Apache-2.0
// Weighted means of losses and their gradients against PyTorch, and metrics with weights against scikit-learn. losses.h5
// holds outputs, targets and weights of some rows, and what they computed from these. Written by scripts/make_golden.py.
#include <hdf5.h>

#include "base/memory.h"
#include "config/parse.h"
#include "config/resolve.h"
#include "model.h"

enum { MOST = 64, SIZE = 4 };

static hid_t file;

static int64_t read_values(hid_t place, const char *name, hid_t type, void *out, int64_t most) {
  hid_t set = H5Dopen2(place, name, H5P_DEFAULT), space = H5Dget_space(set);
  assert_true(set >= 0);
  int64_t count = H5Sget_simple_extent_npoints(space);
  assert_true(count <= most && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
  H5Sclose(space);
  H5Dclose(set);
  return count;
}

static double read_value(hid_t place, const char *name) {
  double value = 0;
  assert_int_equal(read_values(place, name, H5T_NATIVE_DOUBLE, &value, 1), 1);
  return value;
}

static void read_text(hid_t group, const char *name, char text[256]) {
  hid_t attribute = H5Aopen(group, name, H5P_DEFAULT), type = H5Aget_type(attribute);
  memset(text, 0, 256);
  assert_true(attribute >= 0 && H5Tget_size(type) < 256 && H5Aread(attribute, type, text) >= 0);
  H5Tclose(type);
  H5Aclose(attribute);
}

static int set_up(void **state) {
  (void)state;
  file = H5Fopen(SP_TEST_DATA "/losses.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
  return file < 0;
}

static int tear_down(void **state) {
  (void)state;
  return H5Fclose(file) < 0;
}

// --- losses -------------------------------------------------------------------------------------------------------

typedef struct chosen {
  sp_selected loss;
} chosen;

/// Read "softmax_cross_entropy: {class_weights: [1, 2]}" as a configuration would.
static sp_document *choose_loss(const char *text, sp_selected *out) {
  static const sp_option table[] = {{"loss", SP_OPTION_VARIANT, offsetof(chosen, loss), .variants = sp_losses}, {0}};
  sp_document *written, *resolved;
  char yaml[300];
  chosen loss;
  snprintf(yaml, sizeof yaml, "loss: {%s}", text);
  assert_ok(sp_document_parse(yaml, strlen(yaml), "golden", &written));
  assert_ok(sp_document_resolve(written, table, &resolved));
  sp_document_read(resolved, table, &loss);
  sp_document_free(written);
  *out = loss.loss;
  return resolved;
}

static void try_case(hid_t group, const char *name) {
  double output[MOST * SIZE], weight[MOST], values[MOST * SIZE], want[MOST * SIZE], gradient[MOST * SIZE];
  int32_t classes[MOST];
  char text[256], kind[256], place[300];
  int weighted;
  read_text(group, "loss", text);
  read_text(group, "targets", kind);
  hid_t attribute = H5Aopen(group, "weighted", H5P_DEFAULT);
  assert_true(H5Aread(attribute, H5T_NATIVE_INT, &weighted) >= 0);
  H5Aclose(attribute);
  int64_t rows = read_values(file, "output", H5T_NATIVE_DOUBLE, output, MOST * SIZE) / SIZE;
  read_values(file, "weight", H5T_NATIVE_DOUBLE, weight, MOST);
  read_values(group, "gradient", H5T_NATIVE_DOUBLE, want, MOST * SIZE);
  snprintf(place, sizeof place, "targets/%s", kind);
  const bool numbers = strcmp(kind, "classes") == 0;
  if (numbers) {
    read_values(file, place, H5T_NATIVE_INT32, classes, MOST);
  } else {
    read_values(file, place, H5T_NATIVE_DOUBLE, values, MOST * SIZE);
  }

  sp_selected selected;
  sp_loss loss;
  sp_arena *arena = sp_arena_create();
  sp_document *document = choose_loss(text, &selected);
  const sp_shape shape = {1, {SIZE}};
  const sp_column_form target = {.name = SP_TARGETS, .shape = numbers ? (sp_shape){0} : shape, .integer = numbers};
  assert_ok(sp_loss_create(&selected, &(sp_data_form){.column = {target}, .columns = 1}, &shape, arena, &loss));
  const void *targets = numbers ? (const void *)classes : values;
  sp_prediction p = {SP_FLOAT64, rows, SIZE, output, targets, numbers, weighted ? weight : NULL};
  double whole = sp_loss_weight_sum(&loss, &p), mean = sp_loss_sum(&loss, &p, gradient) / whole;
  if (!(fabs(mean - read_value(group, "value")) < 1e-14)) fail_msg("%s: %.17g", name, mean);
  for (int64_t i = 0; i < rows * SIZE; i++) {
    if (!(fabs(gradient[i] / whole - want[i]) < 1e-15)) fail_msg("%s: gradient %lld", name, (long long)i);
  }
  sp_arena_free(arena);
  sp_document_free(document);
}

static herr_t each_case(hid_t losses, const char *name, const H5L_info_t *info, void *count) {
  (void)info;
  hid_t group = H5Gopen2(losses, name, H5P_DEFAULT);
  try_case(group, name);
  H5Gclose(group);
  ++*(int *)count;
  return 0;
}

static void losses_as_pytorch(void **state) {
  (void)state;
  int count = 0;
  hid_t losses = H5Gopen2(file, "losses", H5P_DEFAULT);
  assert_true(H5Literate(losses, H5_INDEX_NAME, H5_ITER_INC, NULL, each_case, &count) >= 0);
  H5Gclose(losses);
  assert_int_equal(count, 18);
}

static void balanced_weights_as_scikit_learn(void **state) {
  (void)state;
  int32_t classes[MOST];
  double want[SIZE], total[SIZE] = {0};
  sp_loss loss;
  sp_selected selected;
  sp_arena *arena = sp_arena_create();
  sp_document *document = choose_loss("softmax_cross_entropy: {class_weights: balanced}", &selected);
  const sp_column_form target = {.name = SP_TARGETS, .integer = true};
  assert_ok(sp_loss_create(&selected, &(sp_data_form){.column = {target}, .columns = 1}, &(sp_shape){1, {SIZE}}, arena,
                           &loss));
  int64_t rows = read_values(file, "targets/classes", H5T_NATIVE_INT32, classes, MOST);
  read_values(file, "balanced", H5T_NATIVE_DOUBLE, want, SIZE);
  sp_loss_count_targets(&loss, &(sp_prediction){.rows = rows, .size = SIZE, .targets = classes, .classes = true},
                        total);
  assert_ok(sp_loss_balance(&loss, total, (double)rows));
  for (int j = 0; j < SIZE; j++) assert_near(loss.factor[j], want[j], 1e-15);
  sp_arena_free(arena);
  sp_document_free(document);
}

// --- metrics ------------------------------------------------------------------------------------------------------

static void scores_of(const char *name, const char *option, const char *value, sp_target_meaning meaning,
                      const sp_prediction *p, double *scores) {
  sp_metric metric = {.type = (const sp_metric_type *)find_variant(sp_metrics, name),
                      .options = options_of(sp_metrics, name, option, value),
                      .meaning = meaning,
                      .size = p->size,
                      .weight = -1,
                      .sums = 1};
  double numbers[MOST * SIZE], sums[32];
  sp_metric_rows counted = {(double)p->rows, 0};
  if (metric.type->fit) assert_ok(metric.type->fit(&metric));
  for (int64_t i = 0; i < p->rows; i++) counted.weight += sp_row_weight(p, i);
  if (metric.kept > 0) {
    metric.type->keep(&metric, p, numbers);
    metric.type->finish(&metric, numbers, p->rows, scores);
  } else {
    metric.type->count(&metric, p, sums);
    metric.type->score(&metric, sums, &counted, scores);
  }
}

static void metrics_as_scikit_learn(void **state) {
  (void)state;
  double output[MOST * SIZE], weight[MOST], score[MOST], values[MOST * SIZE], want[3 * SIZE], got[SP_METRIC_SCORES];
  int32_t classes[MOST], yes[MOST];
  int64_t rows = read_values(file, "output", H5T_NATIVE_DOUBLE, output, MOST * SIZE) / SIZE;
  read_values(file, "weight", H5T_NATIVE_DOUBLE, weight, MOST);
  read_values(file, "score", H5T_NATIVE_DOUBLE, score, MOST);
  read_values(file, "yes", H5T_NATIVE_INT32, yes, MOST);
  read_values(file, "targets/classes", H5T_NATIVE_INT32, classes, MOST);
  read_values(file, "targets/values", H5T_NATIVE_DOUBLE, values, MOST * SIZE);
  for (int weighted = 0; weighted < 2; weighted++) {
    const char *suffix = weighted ? "_weighted" : "";
    const void *own = weighted ? weight : NULL;
    double bits[MOST], pairs[2 * MOST];
    char name[64];
    for (int64_t i = 0; i < rows; i++) {
      bits[i] = yes[i];
      pairs[2 * i] = 1;
      pairs[2 * i + 1] = score[i] + 1;
    }
    sp_prediction p = {SP_FLOAT64, rows, 1, score, bits, false, own};
    snprintf(name, sizeof name, "auc%s", suffix);
    scores_of("auc", NULL, NULL, SP_MEANS_YES_OR_NO, &p, got);
    assert_near(got[0], read_value(file, name), 1e-15);
    p = (sp_prediction){SP_FLOAT64, rows, 2, pairs, yes, true, own};
    scores_of("auc", NULL, NULL, SP_MEANS_CLASS, &p, got);
    assert_near(got[0], read_value(file, name), 1e-15);

    p = (sp_prediction){SP_FLOAT64, rows, SIZE, output, classes, true, own};
    snprintf(name, sizeof name, "macro%s", suffix);
    assert_int_equal(read_values(file, name, H5T_NATIVE_DOUBLE, want, 3), 3);
    scores_of("precision_recall", NULL, NULL, SP_MEANS_CLASS, &p, got);
    for (int i = 0; i < 3; i++) assert_near(got[i], want[i], 1e-14);
    snprintf(name, sizeof name, "each%s", suffix);
    assert_int_equal(read_values(file, name, H5T_NATIVE_DOUBLE, want, 3 * SIZE), 3 * SIZE);
    for (int j = 0; j < SIZE; j++) {
      scores_of("precision_recall", "class", (const char *[]){"0", "1", "2", "3"}[j], SP_MEANS_CLASS, &p, got);
      for (int i = 0; i < 3; i++) assert_near(got[i], want[i * SIZE + j], 1e-14);
    }
    snprintf(name, sizeof name, "accuracy%s", suffix);
    scores_of("accuracy", NULL, NULL, SP_MEANS_CLASS, &p, got);
    assert_near(got[0], read_value(file, name), 1e-14);
    p = (sp_prediction){SP_FLOAT64, rows, SIZE, output, values, false, own};
    snprintf(name, sizeof name, "r2%s", suffix);
    scores_of("r2", NULL, NULL, SP_MEANS_VALUES, &p, got);
    assert_near(got[0], read_value(file, name), 1e-13);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(losses_as_pytorch),
      cmocka_unit_test(balanced_weights_as_scikit_learn),
      cmocka_unit_test(metrics_as_scikit_learn),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
