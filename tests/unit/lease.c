// SPDX-License-Identifier: Apache-2.0
// The lease of a run directory: who may take it, who must leave, and that the heartbeat of an old owner is never
// written to the file of a new one.
#include "supervise/lease.h"

#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "check.h"

static const double QUICK = 0.1, NEVER = 1000;  // heartbeats, in seconds
static char directory[300];

static int make_directory(void **state) {
  (void)state;
  const char *base = getenv("TMPDIR");
  snprintf(directory, sizeof directory, "%s/shardprop-XXXXXX", base ? base : "/tmp");
  sp_log_set_level(SP_LOG_SILENT);
  unsetenv("SLURM_JOB_ID");
  unsetenv("SLURM_RESTART_COUNT");
  return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
  (void)state;
  return sp_directory_remove(directory) == SP_OK ? 0 : -1;
}

static void slurm(const char *job, const char *restart) {
  job ? setenv("SLURM_JOB_ID", job, 1) : unsetenv("SLURM_JOB_ID");
  restart ? setenv("SLURM_RESTART_COUNT", restart, 1) : unsetenv("SLURM_RESTART_COUNT");
}

static sp_lease_owner owner_now(void) {
  sp_lease_owner owner;
  assert_true(sp_lease_read(directory, &owner));
  return owner;
}

static void await_beat(unsigned long long beat) {
  while (owner_now().beat < beat) usleep(1000);
}

static void write_text(const char *text) {
  char path[400];
  snprintf(path, sizeof path, "%s/lease", directory);
  assert_ok(sp_file_write(path, text, strlen(text)));
}

static void write_foreign(const char *job, int restart) {
  char text[500];
  snprintf(text, sizeof text,
           "incarnation 0123456789abcdef\njob %s\nrestart %d\nhost elsewhere\nboot b\nprocess 17\n"
           "beat 00000000000000000007 time 0000000000001.000 running\n",
           job, restart);
  write_text(text);
}

static sp_status take(sp_lease_lock lock, double heartbeat, sp_lease **out) {
  sp_lease *lease = NULL;
  SP_TRY(sp_lease_open(directory, lock, heartbeat, &lease));
  sp_status status = sp_lease_take(lease, lock);
  if (status == SP_OK) {
    *out = lease;
  } else {
    sp_lease_release(lease);
  }
  return status;
}

static void it_beats_while_it_is_held_and_is_left_in_order(void **state) {
  (void)state;
  sp_lease *lease = NULL;
  assert_ok(take(SP_LOCK_HELD, QUICK, &lease));
  sp_lease_owner first = owner_now();
  assert_int_equal(first.process, getpid());
  assert_int_equal(strlen(first.id), 16);
  assert_false(first.ended);
  await_beat(first.beat + 2);
  assert_ok(sp_lease_check(lease));
  assert_string_equal(owner_now().id, first.id);
  sp_lease_release(lease);
  assert_true(owner_now().ended);
  double start = sp_clock();
  assert_ok(take(SP_LOCK_UNKNOWN, NEVER, &lease));  // does not watch one that has ended
  assert_true(sp_clock() - start < NEVER);
  assert_string_not_equal(owner_now().id, first.id);
  sp_lease_release(lease);
}

static void of_a_dead_job_of_this_host_it_is_taken_at_once(void **state) {
  (void)state;
  sp_lease *old = NULL, *new = NULL;
  assert_ok(take(SP_LOCK_HELD, NEVER, &old));
  assert_ok(take(SP_LOCK_HELD, NEVER, &new));
  assert_fails(sp_lease_check(old), SP_ERR_BUSY, "has been taken over by process ");
  assert_true(sp_lease_lost(old));
  assert_ok(sp_lease_check(new));
  sp_lease_owner owner = owner_now();
  sp_lease_release(old);  // writes to its own file only, which nobody sees
  assert_false(owner_now().ended);
  assert_string_equal(owner_now().id, owner.id);
  assert_ok(sp_lease_check(new));
  sp_lease_release(new);
}

static void the_heartbeat_of_an_old_owner_finds_out(void **state) {
  (void)state;
  sp_lease *old = NULL, *new = NULL;
  assert_ok(take(SP_LOCK_HELD, QUICK, &old));
  assert_false(sp_lease_lost(old));
  assert_ok(take(SP_LOCK_HELD, NEVER, &new));
  while (!sp_lease_lost(old)) usleep(1000);
  assert_int_equal(owner_now().beat, 0);
  sp_lease_release(old);
  sp_lease_release(new);
}

static void of_another_host_it_is_watched(void **state) {
  (void)state;
  sp_lease *lease = NULL, *other = NULL;
  write_foreign("-", 0);
  double start = sp_clock();
  assert_ok(take(SP_LOCK_HELD, QUICK, &lease));  // shows no sign of life
  assert_true(sp_clock() - start >= 2 * QUICK);
  // Where there are no locks, an owner on this host may be alive, too: it moves, and keeps it.
  assert_fails(take(SP_LOCK_UNKNOWN, 5, &other), SP_ERR_BUSY, "is in use by another job (process ");
  assert_ok(sp_lease_check(lease));
  sp_lease_release(lease);
}

static void with_the_lock_refused_it_stays(void **state) {
  (void)state;
  sp_lease *lease = NULL;
  assert_fails(take(SP_LOCK_REFUSED, QUICK, &lease), SP_ERR_BUSY, "(which is starting)");
  write_foreign("12", 3);
  assert_fails(take(SP_LOCK_REFUSED, QUICK, &lease), SP_ERR_BUSY, "(process 17 on elsewhere, job 12, restart 3)");
  slurm("12", "3");
  assert_fails(take(SP_LOCK_REFUSED, QUICK, &lease), SP_ERR_BUSY, "restart 3");
  slurm("12", "2");
  assert_fails(take(SP_LOCK_REFUSED, QUICK, &lease), SP_ERR_BUSY, "restart 3");
  slurm("13", "4");
  assert_fails(take(SP_LOCK_REFUSED, QUICK, &lease), SP_ERR_BUSY, "restart 3");
}

static void a_later_start_of_the_same_job_takes_it_at_once(void **state) {
  (void)state;
  sp_lease *lease = NULL;
  static const sp_lease_lock locks[] = {SP_LOCK_HELD, SP_LOCK_REFUSED, SP_LOCK_UNKNOWN};
  for (int i = 0; i < 3; i++) {
    write_foreign("12", 0);
    slurm("12", "1");
    assert_ok(take(locks[i], NEVER, &lease));
    assert_int_equal(owner_now().restart, 1);
    assert_string_equal(owner_now().job, "12");
    sp_lease_release(lease);
  }
}

static void one_that_has_gone_is_written_anew(void **state) {
  (void)state;
  sp_lease *lease = NULL;
  char path[400];
  snprintf(path, sizeof path, "%s/lease", directory);
  assert_ok(take(SP_LOCK_HELD, QUICK, &lease));
  sp_lease_owner owner = owner_now();
  assert_int_equal(unlink(path), 0);
  assert_ok(sp_lease_check(lease));
  assert_string_equal(owner_now().id, owner.id);
  await_beat(owner_now().beat + 2);  // in the new file
  sp_lease_release(lease);
  assert_true(owner_now().ended);
}

static void what_makes_no_sense_is_no_lease(void **state) {
  (void)state;
  static const char *const texts[] = {"", "\n", "process 5 on n1\n", "incarnation 1 job",
                                      "incarnation x\njob -\nrestart"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    sp_lease *lease = NULL;
    sp_lease_owner owner;
    write_text(texts[i]);
    assert_false(sp_lease_read(directory, &owner));
    assert_ok(take(SP_LOCK_HELD, NEVER, &lease));
    sp_lease_release(lease);
  }
}

static void a_job_without_a_name_is_told_by_its_process(void **state) {
  (void)state;
  sp_lease *lease = NULL;
  char who[512];
  slurm("two words", "1");
  assert_ok(take(SP_LOCK_HELD, NEVER, &lease));
  sp_lease_owner owner = owner_now();
  assert_string_equal(owner.job, "-");
  assert_null(strstr(sp_lease_describe(&owner, who), "job"));
  sp_lease_release(lease);
}

int main(void) {
#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)
  const struct CMUnitTest tests[] = {
      IN_A_DIRECTORY(it_beats_while_it_is_held_and_is_left_in_order),
      IN_A_DIRECTORY(of_a_dead_job_of_this_host_it_is_taken_at_once),
      IN_A_DIRECTORY(the_heartbeat_of_an_old_owner_finds_out),
      IN_A_DIRECTORY(of_another_host_it_is_watched),
      IN_A_DIRECTORY(with_the_lock_refused_it_stays),
      IN_A_DIRECTORY(a_later_start_of_the_same_job_takes_it_at_once),
      IN_A_DIRECTORY(one_that_has_gone_is_written_anew),
      IN_A_DIRECTORY(what_makes_no_sense_is_no_lease),
      IN_A_DIRECTORY(a_job_without_a_name_is_told_by_its_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
