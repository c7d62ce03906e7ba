// SPDX-License-Identifier: Apache-2.0
// Reading series of numbers from metrics.jsonl, of runs in progress and resumed runs, and from damaged files.
#include "report/history.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "check.h"

static char directory[300];

static int make_directory(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(directory, sizeof directory, "%s/shardprop-XXXXXX", base ? base : "/tmp");
  return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
  (void)state;
  return sp_directory_remove(directory) == SP_OK ? 0 : -1;
}

static sp_history read_bytes(const char *text, size_t size) {
  char path[320];
  sp_history history;
  snprintf(path, sizeof path, "%s/metrics.jsonl", directory);
  assert_ok(sp_file_replace(path, text, size));
  assert_ok(sp_history_read(directory, &history));
  return history;
}

static sp_history read_text(const char *text) { return read_bytes(text, strlen(text)); }

static void each_number_is_a_series(void **state) {
  (void)state;
  sp_history history = read_text(
      "{\"event\":\"start\",\"step\":0,\"time\":1.5}\n"
      "{\"event\":\"step\",\"step\":1,\"epoch\":1,\"loss\":0.5,\"lr\":0.1}\n"
      "{\"event\":\"step\",\"step\":2,\"epoch\":1,\"loss\":null,\"lr\":0.1}\n"
      "{\"event\":\"epoch\",\"step\":2,\"epoch\":1,\"training\":{\"loss\":0.4},\"validation\":{\"loss\":0.3,"
      "\"accuracy\":0.9},"
      "\"best\":true,\"seconds\":1.5}\n"
      "{\"event\":\"checkpoint\",\"step\":2,\"seconds\":0.01}\n"
      "{\"event\":\"done\",\"step\":2,\"epoch\":1,\"why\":\"7\"}\n");
  assert_int_equal(history.damaged, 0);
  assert_int_equal(history.count, 6);
  const sp_series *loss = sp_history_find(&history, SP_SERIES_STEP, "loss");
  assert_non_null(loss);
  assert_int_equal(loss->count, 2);
  assert_int_equal(loss->point[0].step, 1);
  assert_near(loss->point[0].value, 0.5, 0);
  assert_true(isnan(loss->point[1].value));
  assert_non_null(sp_history_find(&history, SP_SERIES_STEP, "lr"));
  assert_near(sp_history_find(&history, SP_SERIES_TRAINING, "loss")->point[0].value, 0.4, 0);
  assert_near(sp_history_find(&history, SP_SERIES_TRAINING, "seconds")->point[0].value, 1.5, 0);
  assert_near(sp_history_find(&history, SP_SERIES_VALIDATION, "accuracy")->point[0].value, 0.9, 0);
  assert_int_equal(sp_history_find(&history, SP_SERIES_VALIDATION, "loss")->point[0].epoch, 1);
  assert_null(sp_history_find(&history, SP_SERIES_TRAINING, "accuracy"));
  assert_null(sp_history_find(&history, SP_SERIES_TRAINING, "best"));
  sp_history_free(&history);
}

/// As after a disk was too full to drop them when the run went on.
static void what_was_made_again_holds(void **state) {
  (void)state;
  static const char *const line = "{\"event\":\"step\",\"step\":%d,\"epoch\":1,\"loss\":%d}\n";
  static const int step[] = {10, 20, 30, 40, 20, 30}, expected[] = {0, 4, 5};
  char text[1000] = "";
  for (int i = 0; i < 6; i++) sprintf(text + strlen(text), line, step[i], i);
  sp_history history = read_text(text);
  const sp_series *loss = sp_history_find(&history, SP_SERIES_STEP, "loss");
  assert_int_equal(loss->count, 3);
  for (int i = 0; i < 3; i++) assert_near(loss->point[i].value, expected[i], 0);
  sp_history_free(&history);
}

static void damage_is_left_out_and_counted(void **state) {
  (void)state;
  static const char text[] =
      "{\"event\":\"step\",\"step\":1,\"epoch\":1,\"loss\":0.5}\n"
      "{\"event\":\"step\",\"step\":2,\"ep\n"
      "\0\0\0\0\0\n"
      "\n"
      "[1, 2]\n"
      "{\"event\":\"step\",\"step\":\"3\",\"epoch\":1,\"loss\":0.5}\n"
      "{\"event\":\"step\",\"step\":-3,\"epoch\":1,\"loss\":0.5}\n"
      "{\"event\":\"step\",\"step\":1e300,\"epoch\":1,\"loss\":0.5}\n"
      "{\"event\":\"step\",\"step\":4,\"loss\":0.5}\n"
      "{\"event\":{},\"step\":4,\"epoch\":1,\"loss\":0.5}\n"
      "{\"event\":\"epoch\",\"step\":5,\"epoch\":1,\"training\":7,\"validation\":[]}\n"
      "{\"event\":\"step\",\"step\":6,\"epoch\":1,\"loss\":{\"a\":1},\"x\":\"text\"}\n"
      "{\"event\":\"step\",\"step\":7,\"epoch\":1,\"loss\":0.25}\n"
      "{\"event\":\"step\",\"step\":8,\"epoch\":1,\"lo";
  sp_history history = read_bytes(text, sizeof text - 1);
  const sp_series *loss = sp_history_find(&history, SP_SERIES_STEP, "loss");
  assert_int_equal(history.damaged, 9);
  assert_int_equal(loss->count, 2);
  assert_int_equal(loss->point[1].step, 7);
  assert_null(sp_history_find(&history, SP_SERIES_STEP, "x"));
  sp_history_free(&history);

  history = read_text("");
  assert_int_equal(history.count, 0);
  sp_history_free(&history);
}

static void many_series_and_points_fit(void **state) {
  (void)state;
  enum { LINES = 500, NAMES = 40 };
  size_t room = LINES * (NAMES * 20 + 80), at = 0;
  char *text = malloc(room);
  assert_non_null(text);
  for (int i = 1; i <= LINES; i++) {
    at += (size_t)snprintf(text + at, room - at, "{\"event\":\"step\",\"step\":%d,\"epoch\":1", i);
    for (int k = 0; k < NAMES; k++) at += (size_t)snprintf(text + at, room - at, ",\"name%d\":%d", k, i * k);
    at += (size_t)snprintf(text + at, room - at, "}\n");
  }
  sp_history history = read_bytes(text, at);
  free(text);
  assert_int_equal(history.count, NAMES);
  const sp_series *last = sp_history_find(&history, SP_SERIES_STEP, "name39");
  assert_int_equal(last->count, LINES);
  assert_near(last->point[LINES - 1].value, LINES * 39, 0);
  sp_history_free(&history);
}

static void what_is_no_run_is_refused(void **state) {
  (void)state;
  sp_history history;
  char path[PATH_MAX + 10], other[320];
  snprintf(other, sizeof other, "%s/none", directory);
  assert_fails(sp_history_read(other, &history), SP_ERR_USAGE, "not a run: there is no metrics.jsonl");
  static const char *const special[] = {"/dev/zero", "/tmp", NULL};
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/metrics.jsonl", directory);
    unlink(path);
    assert_int_equal(special[i] ? symlink(special[i], path) : mkfifo(path, 0600), 0);
    assert_fails(sp_history_read(directory, &history), SP_ERR_DATA, "is a directory, a device or a pipe");
  }
  memset(path, 'x', sizeof path);
  path[sizeof path - 1] = '\0';
  assert_fails(sp_history_read(path, &history), SP_ERR_USAGE, "the path is too long");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_number_is_a_series),        cmocka_unit_test(what_was_made_again_holds),
      cmocka_unit_test(damage_is_left_out_and_counted), cmocka_unit_test(many_series_and_points_fit),
      cmocka_unit_test(what_is_no_run_is_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
