// SPDX-License-Identifier: Apache-2.0
// Every report takes the events of a run in each order in which a session calls them, and leaves no descriptor open.
#include "report/reports.h"

#include <dirent.h>
#include <math.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "check.h"

static char directory[300];
static const sp_report_options options = {.progress = 1e-9, .steps = 1};

static int set_up(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(directory, sizeof directory, "%s/shardprop-XXXXXX", base ? base : "/tmp");
  sp_log_set_level(SP_LOG_SILENT);
  return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  sp_log_set_level(SP_LOG_INFO);
  return sp_directory_remove(directory) == SP_OK ? 0 : -1;
}

static int open_descriptors(void) {
  int count = 0;
  DIR *list = opendir("/proc/self/fd");
  while (list && readdir(list)) count++;
  if (list) closedir(list);
  return count;
}

static void open_all(sp_observers *list) {
  const sp_report_start start = {directory, &options, 2, "n1 n2"};
  *list = (sp_observers){0};
  assert_ok(sp_reports_open(&start, list));
  assert_true(list->count >= 4);
  for (int i = 0; i < list->count; i++) assert_non_null(list->item[i].type->close);
}

static bool has_file(const char *name) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return sp_file_exists(path);
}

static const sp_standing at = {.step = 3,
                               .steps = 10,
                               .epoch = 1,
                               .epochs = 2,
                               .epoch_step = 3,
                               .epoch_steps = 5,
                               .rows = 30,
                               .seconds = 1,
                               .ranks = 2,
                               .lr = 0.1,
                               .gradient_norm = (double)NAN};
static const sp_scores scores = {.count = 1, .name = {"loss"}, .value = {0.5}}, no_scores = {0};

static void a_run_that_is_complete_leaves_its_records_alone(void **state) {
  (void)state;
  sp_observers list;
  int before = open_descriptors();
  open_all(&list);
  sp_observers_ready(&list, &at, NAN);
  sp_observers_over(&list, SP_ENDING_DONE, NULL);
  sp_observers_close(&list);
  assert_true(has_file("status.json"));
  assert_false(has_file("metrics.jsonl"));
  assert_false(has_file("train.log"));
  assert_int_equal(open_descriptors(), before);
}

static void a_run_is_followed_to_its_end(void **state) {
  (void)state;
  for (int fails = 0; fails < 2; fails++) {
    sp_observers list;
    int before = open_descriptors();
    open_all(&list);
    sp_observers_ready(&list, &at, NAN);
    assert_ok(sp_observers_begin(&list, &at));
    sp_observers_step(&list, &at, &scores, &scores);
    sp_observers_skipped(&list, &at, 2, 1);
    sp_observers_epoch(&list, &at, &scores, &no_scores, false);
    sp_observers_checkpoint(&list, &at, &(sp_saved){.step = 3});
    if (fails) {
      sp_observers_fail(&list, 3, "a failure");
    } else {
      sp_observers_end(&list, &at, SP_ENDING_DONE, "");
    }
    sp_observers_finish(&list);
    assert_int_equal(open_descriptors(), before);
    sp_observers_over(&list, fails ? SP_ENDING_FAILED : SP_ENDING_DONE, fails ? "a failure" : NULL);
    sp_observers_close(&list);
    assert_true(has_file("metrics.jsonl") && has_file("train.log"));
  }
}

// The directory cannot be written to by then.
static void a_failure_to_begin_is_closed_like_a_run(void **state) {
  (void)state;
  sp_observers list;
  int before = open_descriptors();
  open_all(&list);
  assert_ok(sp_directory_remove(directory));
  assert_fails(sp_observers_begin(&list, &at), SP_ERR_IO, directory);
  sp_observers_finish(&list);
  sp_observers_close(&list);
  assert_int_equal(open_descriptors(), before);
  assert_ok(sp_directory_create(directory));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_run_that_is_complete_leaves_its_records_alone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_run_is_followed_to_its_end, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_failure_to_begin_is_closed_like_a_run, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
