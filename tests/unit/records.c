// SPDX-License-Identifier: Apache-2.0
// metrics.jsonl on a full disk: only complete lines, and the run continues. A damaged file loses no intact record.
#include "report/metrics_file.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "check.h"

static void only_whole_lines_are_written(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  char directory[300], path[320];
  snprintf(directory, sizeof directory, "%s/shardprop-XXXXXX", base ? base : "/tmp");
  assert_non_null(mkdtemp(directory));
  snprintf(path, sizeof path, "%s/metrics.jsonl", directory);
  sp_metrics_file metrics;
  assert_ok(sp_metrics_open(path, 0, &metrics));
  const sp_scores scores = {.count = 1, .name = {"loss"}, .value = {0.5}};
  sp_standing at = {.epoch = 1, .lr = (double)NAN, .gradient_norm = (double)NAN};

  struct rlimit before, limit;
  getrlimit(RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = 1000;  // which is in the middle of a line
  signal(SIGXFSZ, SIG_IGN);
  sp_log_set_level(SP_LOG_SILENT);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  for (at.step = 1; at.step <= 30; at.step++) sp_metrics_step(&metrics, &at, &scores);
  assert_true(metrics.failing);
  setrlimit(RLIMIT_FSIZE, &before);
  sp_metrics_step(&metrics, &at, &scores);
  sp_log_set_level(SP_LOG_INFO);
  assert_false(metrics.failing);
  close(metrics.descriptor);

  char *text;
  size_t size;
  assert_ok(sp_file_read(path, 1 << 20, &text, &size));
  int64_t lines = 0, last = 0;
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++) {
    long long step;
    double loss;
    int end = 0;
    assert_int_equal(sscanf(line, "{\"event\":\"step\",\"step\":%lld,\"epoch\":1,\"loss\":%lf}%n", &step, &loss, &end),
                     2);
    assert_int_equal(end, strlen(line));
    assert_true(step > last);
    last = step;
  }
  assert_true(lines > 10 && lines < 30);
  assert_int_equal(last, 31);
  free(text);
  assert_ok(sp_directory_remove(directory));
}

static void records_behind_damage_are_kept(void **state) {
  (void)state;
  static const char damaged[] =
      "{\"event\":\"step\",\"step\":1}\n\0\0\0\0\n\xff\x80 garbage\n{\"event\":\"step\",\"step\":2}\n"
      "{\"event\":\"step\",\"step\":3}\n{\"event\":\"st";
  static const char kept[] = "{\"event\":\"step\",\"step\":1}\n{\"event\":\"step\",\"step\":2}\n";
  const char *base = getenv("TMPDIR");
  char directory[300], path[320], *text;
  size_t size;
  snprintf(directory, sizeof directory, "%s/shardprop-XXXXXX", base ? base : "/tmp");
  assert_non_null(mkdtemp(directory));
  snprintf(path, sizeof path, "%s/metrics.jsonl", directory);
  sp_metrics_file metrics;
  assert_ok(sp_file_write(path, damaged, sizeof damaged - 1));
  assert_ok(sp_metrics_open(path, 2, &metrics));
  close(metrics.descriptor);
  assert_ok(sp_file_read(path, 1 << 20, &text, &size));
  assert_int_equal(size, sizeof kept - 1);
  assert_memory_equal(text, kept, size);
  free(text);
  assert_ok(sp_directory_remove(directory));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(only_whole_lines_are_written),
                                     cmocka_unit_test(records_behind_damage_are_kept)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
