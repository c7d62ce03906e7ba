// SPDX-License-Identifier: Apache-2.0
// The lease: a file in the run directory that names the start of the run (incarnation) to which the directory belongs. An
// older start that continues after its node was disconnected, or its processes were stopped, detects this and exits.
//
// The owner increments a heartbeat in the file, in place, through its open descriptor. A new owner replaces the file, so that
// writes of the old owner do not reach it. Clocks of different hosts are not compared.
#ifndef SP_SUPERVISE_LEASE_H
#define SP_SUPERVISE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/process.h"
#include "shardprop/status.h"

/// The owner of a run directory, as its file `lease` describes it.
typedef struct sp_lease_owner {
  char id[17];        ///< of the incarnation: 64 random bits
  char job[64];       ///< SLURM_JOB_ID, or "-"
  long long restart;  ///< SLURM_RESTART_COUNT
  char host[256], boot[SP_PROCESS_BOOT];
  long process;  ///< of rank 0
  unsigned long long beat;
  double time;  ///< of the last heartbeat, in seconds since 1970 on its host
  bool ended;   ///< the owner has released the lease
} sp_lease_owner;

/// Result of locking the run directory.
typedef enum sp_lease_lock {
  SP_LOCK_HELD,     ///< no other process on this host has it, nor on other hosts if the file system shares locks
  SP_LOCK_REFUSED,  ///< another process has it
  SP_LOCK_UNKNOWN   ///< the file system has no locks
} sp_lease_lock;

typedef struct sp_lease sp_lease;

/// Read the lease of a run directory. Returns false if there is none or it is invalid.
bool sp_lease_read(const char *directory, sp_lease_owner *owner);

/// Write "process 4711 on n1, job 17, restart 2" to a buffer of 512 bytes and return it.
const char *sp_lease_describe(const sp_lease_owner *owner, char *buffer);

/// Check whether this process may take the lease, and write nothing. It may
///   - at once, if there is none, if the owner has released it, if the owner ran on this host and the lock is free, or if the
///     owner is an earlier start of this Slurm job, even while that still has the lock;
///   - otherwise, if the lock is not refused, after watching it for two and a half heartbeats (`heartbeat` is in seconds)
///     without a change.
/// Collective: no. Errors: SP_ERR_BUSY naming the owner; SP_ERR_IO, SP_ERR_MEMORY.
sp_status sp_lease_open(const char *directory, sp_lease_lock lock, double heartbeat, sp_lease **out);

/// Take the lease that sp_lease_open has found free, if it still is, and start a thread that increments the heartbeat. An
/// invalid file is renamed, with a warning. If the disk is full and the lock is held, a warning is logged, and sp_lease_check
/// writes the lease later. The caller releases the lease, also after a failure.
/// Collective: no. Errors: SP_ERR_BUSY naming the owner; SP_ERR_IO, SP_ERR_SPACE, SP_ERR_MEMORY.
sp_status sp_lease_take(sp_lease *lease, sp_lease_lock lock);

/// Check before a commit that this process still owns the lease. If the file was removed, with its directory, it is written
/// again. May be called from any thread, one at a time. Errors: SP_ERR_BUSY naming the new owner, after which nothing may be
/// written to the directory; SP_ERR_IO if it cannot be read, SP_ERR_SPACE if it cannot be written.
sp_status sp_lease_check(sp_lease *lease);

/// Returns whether the last heartbeat or check has found a new owner. Reads no file.
bool sp_lease_lost(const sp_lease *lease);

/// Stop the heartbeat, mark the lease as released if it was taken, and free it. Accepts NULL.
void sp_lease_release(sp_lease *lease);

#endif
