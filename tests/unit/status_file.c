// SPDX-License-Identifier: Apache-2.0
// status.json, and the state of a run according to its directory: running, ended, crashed, or with damaged files.
#include "report/status_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "check.h"
#include "report/run_status.h"

static char directory[300], file_path[320];

static int make_directory(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(directory, sizeof directory, "%s/shardprop-XXXXXX", base ? base : "/tmp");
  if (!mkdtemp(directory)) return -1;
  snprintf(file_path, sizeof file_path, "%s/status.json", directory);
  return 0;
}

static int remove_directory(void **state) {
  (void)state;
  return sp_directory_remove(directory) == SP_OK ? 0 : -1;
}

static const sp_standing standing = {.step = 120,
                                     .steps = 1000,
                                     .epoch = 2,
                                     .epochs = 10,
                                     .epoch_step = 20,
                                     .epoch_steps = 100,
                                     .rows = 1200,
                                     .seconds = 12,
                                     .ranks = 3};
static const sp_scores scores = {.count = 1, .name = {"loss"}, .value = {0.25}}, none = {0};

static void write_text(const char *name, const char *text) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  assert_ok(sp_file_write(path, text, strlen(text)));
}

static void a_run_is_followed(void **state) {
  (void)state;
  sp_status_file file;
  sp_status_record found;
  setenv("SLURM_JOB_ID", "12\"3", 1);
  setenv("SLURM_RESTART_COUNT", "2", 1);
  sp_status_file_open(directory, 3, "n1 n2", &file);
  assert_ok(sp_status_record_read(file_path, &found));
  assert_string_equal(found.state, "running");
  assert_string_equal(found.hosts, "n1 n2");
  assert_string_equal(found.job, "12\"3");
  assert_int_equal(found.starts, 1);
  assert_int_equal(found.restart, 2);
  assert_int_equal(found.pid, getpid());
  assert_int_equal(found.checkpoint_step, -1);
  assert_true(isnan(found.loss));

  sp_status_file_ready(&file, &(sp_standing){.steps = 1000, .epoch = 1, .epochs = 10}, NAN);
  sp_status_file_step(&file, &(sp_standing){.step = 1, .seconds = 1}, &scores);
  assert_ok(sp_status_record_read(file_path, &found));
  assert_int_equal(found.step, 0);  // not every step
  sp_status_file_step(&file, &standing, &scores);
  assert_ok(sp_status_record_read(file_path, &found));
  assert_int_equal(found.step, 120);
  assert_true(found.loss == 0.25 && found.rows_per_second == 100 && found.seconds == 12 && found.seconds_left == 88);
  sp_status_file_checkpoint(&file, 120);
  sp_status_file_epoch(&file, &standing, &scores, &none);
  sp_status_file_end(&file, SP_ENDING_FAILED, "two\nlines\x1b");
  assert_ok(sp_status_record_read(file_path, &found));
  assert_string_equal(found.state, "failed");
  assert_string_equal(found.reason, "two lines ");
  assert_int_equal(found.checkpoint_step, 120);
  assert_near(found.checkpoint_time, sp_clock_calendar(), 100);

  sp_status_file again;
  sp_status_file_open(directory, 2, "n3", &again);
  assert_ok(sp_status_record_read(file_path, &found));
  assert_int_equal(found.starts, 2);
  assert_int_equal(found.step, 120);
  sp_status_file_end(&file, SP_ENDING_FAILED, "a start that was cut off wakes up");
  assert_ok(sp_status_record_read(file_path, &found));
  assert_string_equal(found.state, "running");
  sp_status_file_stand(&again, &standing, "signal SIGUSR1");
  sp_status_file_end(&again, SP_ENDING_STOPPED, NULL);
  assert_ok(sp_status_record_read(file_path, &found));
  assert_string_equal(found.reason, "signal SIGUSR1");
}

/// Any byte of it may be another one, and it may end anywhere.
static void no_byte_is_trusted(void **state) {
  (void)state;
  sp_status_file file;
  sp_run_status status;
  sp_text text = {0};
  char *whole;
  size_t size;
  sp_status_file_open(directory, 3, "n1 n2", &file);
  sp_status_file_step(&file, &standing, &scores);
  assert_ok(sp_file_read(file_path, 1 << 20, &whole, &size));
  for (size_t i = 0; i < 2 * size; i++) {
    char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, whole, size);
    if (i < size) copy[i] = (char)(copy[i] ^ (1 << i % 8));
    assert_ok(sp_file_replace(file_path, copy, i < size ? size : i - size));
    assert_ok(sp_run_status_read(directory, &status));
    sp_run_status_describe(directory, &status, &text);
    sp_run_status_json(directory, &status, &text);
    free(copy);
  }
  free(whole);
  sp_text_free(&text);
  write_text("status.json",
             "{\"state\": \"running\", \"step\": 99999999999999999999, \"pid\": -1, \"loss\": [1], \"time\": \"x\"}");
  sp_status_record found;
  assert_ok(sp_status_record_read(file_path, &found));
  assert_int_equal(found.pid, -1);
  assert_true(isnan(found.loss) && isnan(found.time));
  write_text("status.json", "[1, 2]");
  assert_fails(sp_status_record_read(file_path, &found), SP_ERR_CONFIG, "expected a JSON object");
}

static sp_run_status status_now(void) {
  sp_run_status status;
  assert_ok(sp_run_status_read(directory, &status));
  return status;
}

static void set_age(const char *name, int seconds) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  struct timespec times[2] = {{.tv_sec = (time_t)sp_clock_calendar() - seconds},
                              {.tv_sec = (time_t)sp_clock_calendar() - seconds}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void death_is_told(void **state) {
  (void)state;
  sp_status_file file;
  sp_status_file_open(directory, 1, "here", &file);
  assert_string_equal(status_now().record.state, "running");
  assert_string_equal(status_now().note, "");

  // A process of this machine that is gone, waited for or not.
  pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t about;
  assert_int_equal(waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT), 0);
  for (int i = 0; i < 2; i++) {
    file.record.pid = child;
    file.record.pid_began = i == 0 ? sp_process_began(child) : -1;
    sp_status_file_checkpoint(&file, 120);
    assert_string_equal(status_now().record.state, "crashed");
    assert_non_null(strstr(status_now().note, " no longer exists on "));
    waitpid(child, NULL, 0);
  }

  // One whose number another process has now, since then or since the machine was started again.
  file.record.pid = getpid();
  file.record.pid_began = sp_process_began(getpid());
  assert_true(file.record.pid_began > 0);
  sp_status_file_checkpoint(&file, 120);
  assert_string_equal(status_now().record.state, "running");
  file.record.pid_began -= 1;
  sp_status_file_checkpoint(&file, 120);
  assert_string_equal(status_now().record.state, "crashed");
  file.record.pid_began += 1;
  *file.record.boot ^= 1;
  sp_status_file_checkpoint(&file, 120);
  assert_string_equal(status_now().record.state, "crashed");
  file.record.pid_began = -1;
  *file.record.boot = '\0';
  sp_status_file_checkpoint(&file, 120);
  assert_string_equal(status_now().record.state, "running");

  // Another machine: only silence tells, and a lease that is renewed is a word.
  write_text("status.json", "{\"state\": \"running\", \"host\": \"not/this/one\", \"pid\": 1, \"time\": 1000}");
  assert_string_equal(status_now().record.state, "running");
  set_age("status.json", 120);
  assert_string_equal(status_now().record.state, "crashed");
  assert_non_null(strstr(status_now().note, "nothing written for "));
  assert_non_null(strstr(status_now().note, ": crashed, killed or disconnected"));
  write_text("lease", "");
  assert_string_equal(status_now().record.state, "running");
  write_text("status.json", "{\"state\": \"done\", \"host\": \"not/this/one\", \"time\": 1000}");
  set_age("status.json", 120);
  set_age("lease", 120);
  assert_string_equal(status_now().record.state, "done");
}

static void records_tell_where_the_file_is_lost(void **state) {
  (void)state;
  unlink(file_path);
  write_text(
      "metrics.jsonl",
      "ep\":3}\n{\"event\":\"start\",\"step\":0,\"time\":1}\n"
      "{\"event\":\"epoch\",\"step\":150,\"epoch\":2,\"training\":{\"loss\":0.5},\"validation\":{\"loss\":0.75},"
      "\"best\":true,\"seconds\":3,\"rows_per_second\":10}\n\xff\n"
      "{\"event\":\"stopped\",\"step\":151,\"epoch\":2,\"ranks\":3,\"why\":\"signal SIGTERM\"}\n{\"event\":\"st");
  sp_run_status status = status_now();
  assert_string_equal(status.record.state, "preempted");
  assert_string_equal(status.record.reason, "signal SIGTERM");
  assert_int_equal(status.record.step, 151);
  assert_int_equal(status.record.ranks, 3);
  assert_true(status.record.loss == 0.5 && status.record.validation_loss == 0.75 && status.record.seconds == 3);
  write_text("metrics.jsonl", "");
  assert_string_equal(status_now().record.state, "unknown");
  assert_fails(sp_run_status_read("/nowhere", &status), SP_ERR_USAGE, "not a run");
}

static void a_full_disk_is_a_warning_once(void **state) {
  (void)state;
  struct rlimit before, limit;
  sp_status_file file;
  sp_status_file_open(directory, 1, "here", &file);
  getrlimit(RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = 100;
  signal(SIGXFSZ, SIG_IGN);
  sp_log_set_level(SP_LOG_SILENT);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  sp_status_file_checkpoint(&file, 120);
  setrlimit(RLIMIT_FSIZE, &before);
  sp_log_set_level(SP_LOG_INFO);
  assert_true(file.failing);
  assert_int_equal(status_now().record.checkpoint_step, -1);  // the old one is whole
  sp_status_file_checkpoint(&file, 120);
  assert_false(file.failing);
  assert_int_equal(status_now().record.checkpoint_step, 120);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_run_is_followed, make_directory, remove_directory),
      cmocka_unit_test_setup_teardown(no_byte_is_trusted, make_directory, remove_directory),
      cmocka_unit_test_setup_teardown(death_is_told, make_directory, remove_directory),
      cmocka_unit_test_setup_teardown(records_tell_where_the_file_is_lost, make_directory, remove_directory),
      cmocka_unit_test_setup_teardown(a_full_disk_is_a_warning_once, make_directory, remove_directory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
