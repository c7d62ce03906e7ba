// SPDX-License-Identifier: Apache-2.0
// The choice of an instruction set by SHARDPROP_CPU. A process chooses once, so each choice is made in a child.
#include "compute/cpu.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/// Returns what sp_cpu returns in a process with this value of SHARDPROP_CPU.
static int chosen(const char *value) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    if (value) setenv("SHARDPROP_CPU", value, 1);
    if (!value) unsetenv("SHARDPROP_CPU");
    _exit((int)sp_cpu());
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static sp_status checked(const char *value) {
  setenv("SHARDPROP_CPU", value, 1);
  sp_status status = sp_cpu_check();
  unsetenv("SHARDPROP_CPU");
  return status;
}

static void every_set_that_the_processor_has_can_be_forced(void **state) {
  (void)state;
  int best = 0;
  for (int cpu = 0; cpu < SP_CPUS; cpu++) {
    if (!sp_cpu_runs((sp_cpu_index)cpu)) continue;
    best = cpu;
    assert_int_equal(chosen(sp_cpu_name((sp_cpu_index)cpu)), cpu);
    assert_int_equal(checked(sp_cpu_name((sp_cpu_index)cpu)), SP_OK);
  }
  assert_int_equal(chosen(NULL), best);
  assert_int_equal(chosen(""), best);
  assert_int_equal(checked(""), SP_OK);
}

static void other_values_are_refused(void **state) {
  (void)state;
  assert_int_equal(checked("sse"), SP_ERR_USAGE);
  assert_non_null(strstr(sp_error_message(), "SHARDPROP_CPU: expected portable"));
  assert_non_null(strstr(sp_error_message(), "got 'sse'"));
  for (int cpu = 0; cpu < SP_CPUS; cpu++) {
    if (sp_cpu_runs((sp_cpu_index)cpu)) continue;
    assert_int_equal(checked(sp_cpu_name((sp_cpu_index)cpu)), SP_ERR_USAGE);
    assert_non_null(strstr(sp_error_message(), "this processor lacks these instructions"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_set_that_the_processor_has_can_be_forced),
      cmocka_unit_test(other_values_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
