// SPDX-License-Identifier: Apache-2.0
// Calls a function in a child process first, because the library it calls may crash on damaged input.
#define _GNU_SOURCE
#include "base/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/log.h"

// Limits: processor time at one place; elapsed time there, waits for disk, network and locks included; GiB of
// additional memory. After SILENCE seconds, a line says what is being waited for.
enum { SECONDS = 10, PATIENCE = 60, MEMORY = 1, SILENCE = 1 };

/// Shared by the process and its child.
typedef struct report {
  bool finished;
  sp_status status;
  char place[4352], message[16384];
} report;

static report *mine;  // in a child; else NULL

/// From now on SIGXCPU ends the process after SECONDS, and SIGALRM after PATIENCE.
static void limit_time(void) {
  alarm(PATIENCE);
  struct rlimit now;
  struct rusage used;
  if (getrlimit(RLIMIT_CPU, &now) != 0 || getrusage(RUSAGE_SELF, &used) != 0) return;
  rlim_t end = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 + SECONDS);
  if (end < now.rlim_max) now.rlim_cur = end;
  setrlimit(RLIMIT_CPU, &now);
}

void sp_trial_at(const char *place) {
  if (!mine) return;
  snprintf(mine->place, sizeof mine->place, "%s", place);
  limit_time();
}

static void lower(struct rlimit *limit, rlim_t most) {
  if (most < limit->rlim_max) limit->rlim_max = most;
  if (limit->rlim_cur > limit->rlim_max) limit->rlim_cur = limit->rlim_max;
}

static void leave_no_core(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  lower(&limit, 0);
  setrlimit(RLIMIT_CORE, &limit);
}

static void limit_memory(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return;
  struct rlimit limit;
  if (fscanf(file, "%ld", &pages) == 1 && getrlimit(RLIMIT_AS, &limit) == 0) {
    lower(&limit, (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)MEMORY << 30));
    setrlimit(RLIMIT_AS, &limit);
  }
  fclose(file);
}

/// Let crashes end the child at once and silently, without the handlers of this process, of MPI and of sanitizers.
static void prepare_child(pid_t parent) {
  const int reset[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGALRM};
  sigset_t none;
  sp_interrupt_leave_to_parent();
  for (size_t i = 0; i < sizeof reset / sizeof *reset; i++) signal(reset[i], SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
#if !defined __SANITIZE_ADDRESS__  // keep the reports of the sanitizer
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
#endif
  leave_no_core();
  limit_time();
  limit_memory();
}

static void run_child(report *shared, sp_status (*call)(void *context), void *context) {
  mine = shared;
  shared->status = call(context);
  snprintf(shared->message, sizeof shared->message, "%s", sp_error_message());
  shared->finished = true;
  _exit(0);
}

static sp_status judge(const report *r, int ended, const char *library) {
  if (!r->finished && WIFSIGNALED(ended) && sp_interrupted())
    return sp_interrupt_check();  // the child received the signal, too
  if (r->finished) return r->status == SP_OK ? SP_OK : sp_fail(r->status, "%s", r->message);
  if (WIFSIGNALED(ended) && (WTERMSIG(ended) == SIGKILL || WTERMSIG(ended) == SIGXCPU)) {
    return sp_fail(SP_ERR_DATA,
                   "%s: is damaged: %s cannot read its structure within %d seconds of processor time and %d GiB of "
                   "memory; restore the file or write it again",
                   r->place, library, SECONDS, MEMORY);
  }
  if (WIFSIGNALED(ended) && WTERMSIG(ended) == SIGALRM) return SP_OK;  // the child was waiting, which proves nothing
  const char *signal_name = WIFSIGNALED(ended) ? sigabbrev_np(WTERMSIG(ended)) : NULL;
  return sp_fail(SP_ERR_DATA,
                 "%s: is damaged: %s crashes%s%s%s when it reads the structure of the file; restore the "
                 "file or write it again",
                 r->place, library, signal_name ? " (SIG" : "", signal_name ? signal_name : "", signal_name ? ")" : "");
}

static void say(const report *shared, const char *library) {
  sp_info("%.4000s: %s is still reading the structure of the file, for at most %d seconds of processor time",
          shared->place, library, SECONDS);
}

/// Wait for the child; kill it on a request to stop. Returns -1 when other code has waited for it.
static pid_t await(pid_t child, const report *shared, const char *library, int *ended) {
  struct timespec pause = {0, 100000};
  double quiet_until = sp_clock() + SILENCE;
  pid_t waited;
  while ((waited = waitpid(child, ended, WNOHANG)) == 0 || (waited < 0 && errno == EINTR)) {
    if (sp_interrupted()) kill(child, SIGKILL);
    if (sp_clock() > quiet_until) {
      say(shared, library);
      quiet_until = INFINITY;
    }
    nanosleep(&pause, NULL);
    if (pause.tv_nsec < 10000000) pause.tv_nsec += pause.tv_nsec / 4;  // 0.1 ms to 10 ms
  }
  return waited;
}

sp_status sp_trial(sp_status (*call)(void *context), void *context, const char *library) {
  if (mine || !sp_crash_is_reported()) return SP_OK;
  report *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return SP_OK;
  snprintf(shared->place, sizeof shared->place, "a file");
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    prepare_child(parent);
    run_child(shared, call, context);
  }
  int ended = 0;
  pid_t waited = child > 0 ? await(child, shared, library, &ended) : child;
  // Without a child, or when other code has waited for it, the outcome is unknown.
  sp_status status = waited > 0 || shared->finished ? judge(shared, ended, library) : SP_OK;
  if (waited > 0 && !shared->finished && sp_interrupted()) status = sp_interrupt_check();
  munmap(shared, sizeof *shared);
  return status;
}
