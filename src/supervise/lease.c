// SPDX-License-Identifier: Apache-2.0
// Taking, keeping and releasing a run directory's lease.
#include "supervise/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/ticker.h"

enum { LARGEST = 4096, LOOKS_A_HEARTBEAT = 20 };
static const double WATCHED_HEARTBEATS = 2.5;

struct sp_lease {
  char path[PATH_MAX], *name;  // of the file; `name` points to its last component
  sp_lease_owner mine;
  double heartbeat;
  pthread_mutex_t mutex;  // held by the heartbeat and by checks
  int file;
  sp_lease_owner seen;  // the previous owner as last read; without an id: none
  off_t pulse;          // offset of the line with the heartbeat
  atomic_bool lost;
  sp_ticker *ticker;
};

// --- the file -----------------------------------------------------------------------------------------------------

/// Write the last line, whose length is fixed.
static int write_pulse(const sp_lease_owner *owner, char line[128]) {
  return snprintf(line, 128, "beat %020llu time %017.3f %s\n", owner->beat, owner->time,
                  owner->ended ? "ended  " : "running");
}

static int write_head(const sp_lease_owner *owner, char text[1024]) {
  return snprintf(text, 1024, "incarnation %s\njob %s\nrestart %lld\nhost %s\nboot %s\nprocess %ld\n", owner->id,
                  owner->job, owner->restart, owner->host, owner->boot, owner->process);
}

static bool parse(const char *text, sp_lease_owner *owner) {
  char state[8];
  sp_lease_owner out = {0};
  int found =
      sscanf(text, "incarnation %16s job %63s restart %lld host %255s boot %63s process %ld beat %llu time %lf %7s",
             out.id, out.job, &out.restart, out.host, out.boot, &out.process, &out.beat, &out.time, state);
  if (found != 9) return false;
  out.ended = strcmp(state, "ended") == 0;
  *owner = out;
  return true;
}

/// Read the lease at `path`; *found is false if there is none or it is invalid.
static sp_status read_owner(const char *path, sp_lease_owner *owner, bool *found) {
  char *text;
  size_t size;
  *found = false;
  if (!sp_file_regular(path) || sp_file_size(path) > LARGEST) return SP_OK;
  SP_TRY(sp_file_read(path, LARGEST, &text, &size));
  *found = parse(text, owner);
  free(text);
  return SP_OK;
}

bool sp_lease_read(const char *directory, sp_lease_owner *owner) {
  char path[PATH_MAX];
  bool found;
  snprintf(path, sizeof path, "%s/lease", directory);
  return read_owner(path, owner, &found) == SP_OK && found;
}

const char *sp_lease_describe(const sp_lease_owner *owner, char *buffer) {
  int length = snprintf(buffer, 512, "process %ld on %s", owner->process, owner->host);
  if (strcmp(owner->job, "-") != 0) {
    length += snprintf(buffer + length, 512 - (size_t)length, ", job %s", owner->job);
    if (owner->restart > 0) snprintf(buffer + length, 512 - (size_t)length, ", restart %lld", owner->restart);
  }
  return buffer;
}

// --- this process -------------------------------------------------------------------------------------------------

static sp_status introduce(sp_lease_owner *mine) {
  const char *job = getenv("SLURM_JOB_ID"), *restart = getenv("SLURM_RESTART_COUNT");
  uint64_t bits;
  if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits) {
    return sp_fail(SP_ERR_IO, "lease: cannot get random bits: %s", strerror(errno));
  }
  *mine = (sp_lease_owner){.process = (long)getpid(), .restart = restart ? strtoll(restart, NULL, 10) : 0, .host = "?"};
  snprintf(mine->id, sizeof mine->id, "%016llx", (unsigned long long)bits);
  bool word = job && *job && strlen(job) < sizeof mine->job && !strpbrk(job, " \t\n");
  snprintf(mine->job, sizeof mine->job, "%s", word ? job : "-");
  gethostname(mine->host, sizeof mine->host - 1);
  sp_process_boot(mine->boot);
  return SP_OK;
}

static bool same_host(const sp_lease_owner *a, const sp_lease_owner *b) {
  return strcmp(a->host, b->host) == 0 && strcmp(a->boot, b->boot) == 0;
}

static bool is_earlier_start(const sp_lease_owner *owner, const sp_lease_owner *mine) {
  return strcmp(mine->job, "-") != 0 && strcmp(owner->job, mine->job) == 0 && owner->restart < mine->restart;
}

// --- taking -------------------------------------------------------------------------------------------------------

static void pause_for(double seconds) {
  struct timespec rest = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (nanosleep(&rest, &rest) != 0 && errno == EINTR) continue;
}

static sp_status busy(const sp_lease *lease, const sp_lease_owner *owner) {
  char who[512];
  return sp_fail(
      SP_ERR_BUSY, "%.*s: is in use by another job (%s): wait until it ends, or choose another run.directory",
      (int)(lease->name - lease->path - 1), lease->path, owner ? sp_lease_describe(owner, who) : "which is starting");
}

/// Watch whether the heartbeat of an owner on another host, to which the lock may not extend, still changes.
static sp_status watch(const sp_lease *lease, const sp_lease_owner *owner) {
  char who[512];
  int length = (int)(lease->name - lease->path - 1);
  sp_info("%.*s: %s has not released it: waiting %.3g s to see whether it is still running", length, lease->path,
          sp_lease_describe(owner, who), WATCHED_HEARTBEATS * lease->heartbeat);
  for (int look = 0; look < (int)(WATCHED_HEARTBEATS * LOOKS_A_HEARTBEAT); look++) {
    sp_lease_owner now;
    bool found;
    pause_for(lease->heartbeat / LOOKS_A_HEARTBEAT);
    SP_TRY(read_owner(lease->path, &now, &found));
    if (!found || now.ended) return SP_OK;
    if (now.beat != owner->beat || strcmp(now.id, owner->id) != 0) return busy(lease, &now);
  }
  sp_warn("%.*s: %s is no longer running: this job takes over", length, lease->path, who);
  return SP_OK;
}

/// Check whether the lease may be taken, and watch the owner if necessary. An owner that has been watched already is watched
/// again only if it has changed since. Without a valid lease, the lock decides.
static sp_status await_turn(sp_lease *lease, sp_lease_lock lock) {
  sp_lease_owner owner, before = lease->seen;
  bool found;
  SP_TRY(read_owner(lease->path, &owner, &found));
  lease->seen = found ? owner : (sp_lease_owner){0};
  bool running = found && !owner.ended;
  if (running && is_earlier_start(&owner, &lease->mine)) return SP_OK;
  if (lock == SP_LOCK_REFUSED) return busy(lease, running ? &owner : NULL);
  if (!running || (lock == SP_LOCK_HELD && same_host(&owner, &lease->mine))) return SP_OK;
  if (strcmp(owner.id, before.id) == 0 && owner.beat == before.beat) return SP_OK;
  return watch(lease, &owner);
}

/// Replace the lease by that of this process, and open it for the heartbeat.
static sp_status place(sp_lease *lease) {
  char text[1024 + 128];
  lease->mine.time = sp_clock_calendar();
  lease->pulse = write_head(&lease->mine, text);
  int length = (int)lease->pulse + write_pulse(&lease->mine, text + lease->pulse);
  SP_TRY(sp_file_write(lease->path, text, (size_t)length));
  int file = open(lease->path, O_RDWR | O_CLOEXEC);
  if (file < 0) return sp_file_error(lease->path, "cannot be opened", errno);
  sp_lease_owner owner;
  ssize_t size = pread(file, text, sizeof text - 1, 0);
  text[size > 0 ? size : 0] = '\0';
  if (!parse(text, &owner) || strcmp(owner.id, lease->mine.id) != 0) {  // another process took it at the same time
    close(file);
    return busy(lease, NULL);
  }
  if (lease->file >= 0) close(lease->file);
  lease->file = file;
  return SP_OK;
}

// --- the heartbeat ------------------------------------------------------------------------------------------------

/// Returns whether a lease is that of this process, or of the previous owner while a full disk prevents writing ours.
static bool is_ours(const sp_lease *lease, const sp_lease_owner *found) {
  return strcmp(found->id, lease->file < 0 ? lease->seen.id : lease->mine.id) == 0;
}

/// Increment the heartbeat. Failures are ignored; the check before the next commit reports them.
static void beat(sp_lease *lease) {
  char line[128];
  lease->mine.beat++;
  lease->mine.time = sp_clock_calendar();
  int length = write_pulse(&lease->mine, line);
  if (pwrite(lease->file, line, (size_t)length, lease->pulse) == length) fdatasync(lease->file);
}

static void keep_beating(void *context) {
  sp_lease *lease = context;
  sp_lease_owner owner;
  bool found;
  pthread_mutex_lock(&lease->mutex);
  beat(lease);
  bool read = read_owner(lease->path, &owner, &found) == SP_OK && found;
  if (read && !is_ours(lease, &owner)) lease->lost = true;
  pthread_mutex_unlock(&lease->mutex);
}

static void destroy(sp_lease *lease) {
  if (lease->file >= 0) close(lease->file);
  pthread_mutex_destroy(&lease->mutex);
  free(lease);
}

sp_status sp_lease_open(const char *directory, sp_lease_lock lock, double heartbeat, sp_lease **out) {
  sp_lease *lease;
  SP_TRY(sp_allocate(1, sizeof *lease, "lease", &lease));
  lease->heartbeat = heartbeat;
  lease->file = -1;
  pthread_mutex_init(&lease->mutex, NULL);
  lease->name = lease->path + snprintf(lease->path, sizeof lease->path, "%s/lease", directory) - strlen("lease");
  sp_status status = introduce(&lease->mine);
  if (status == SP_OK) status = await_turn(lease, lock);
  if (status == SP_OK) {
    *out = lease;
  } else {
    destroy(lease);
  }
  return status;
}

sp_status sp_lease_take(sp_lease *lease, sp_lease_lock lock) {
  char who[512];
  SP_TRY(await_turn(lease, lock));
  if (lock == SP_LOCK_REFUSED) {
    sp_warn("%.*s: taking over from an earlier start of this job that still exists (%s)",
            (int)(lease->name - lease->path - 1), lease->path, sp_lease_describe(&lease->seen, who));
  }
  if (!*lease->seen.id) SP_TRY(sp_file_mark_damaged(lease->path, "is not the lease of a run"));
  sp_status status = place(lease);
  if (status == SP_ERR_SPACE && lock == SP_LOCK_HELD) {
    sp_warn("%s; no checkpoint can be saved until this file can be written", sp_error_message());
    status = SP_OK;
  }
  if (status == SP_OK) status = sp_ticker_start(lease->heartbeat, keep_beating, lease, &lease->ticker);
  return status;
}

static sp_status check(sp_lease *lease) {
  sp_lease_owner owner;
  bool found;
  char who[512];
  SP_TRY(read_owner(lease->path, &owner, &found));
  if (!found || (lease->file < 0 && is_ours(lease, &owner))) return place(lease);
  if (is_ours(lease, &owner)) return SP_OK;
  lease->lost = true;
  return sp_fail(SP_ERR_BUSY, "%.*s: has been taken over by %s: this job stops without saving",
                 (int)(lease->name - lease->path - 1), lease->path, sp_lease_describe(&owner, who));
}

sp_status sp_lease_check(sp_lease *lease) {
  pthread_mutex_lock(&lease->mutex);
  sp_status status = check(lease);
  pthread_mutex_unlock(&lease->mutex);
  return status;
}

bool sp_lease_lost(const sp_lease *lease) { return lease->lost; }

void sp_lease_release(sp_lease *lease) {
  if (!lease) return;
  sp_ticker_stop(lease->ticker);
  lease->mine.ended = true;
  if (lease->file >= 0) beat(lease);
  destroy(lease);
}
