// SPDX-License-Identifier: Apache-2.0
// The lease: a file in the run directory that says which start of a run (an incarnation) the directory belongs to, so that
// an older one that wakes up after its node was cut off, or its processes were stopped, finds out and leaves.
//
// Its owner counts up a heartbeat in it, in place, through the file it has open. Who takes over puts another file in that
// place, so that nothing the old owner writes can reach it. No clocks of different hosts are compared.
#ifndef SP_SUPERVISE_LEASE_H
#define SP_SUPERVISE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/process.h"
#include "shardprop/status.h"

/// Who has a run directory, as its file `lease` says.
typedef struct sp_lease_owner {
  char id[17];        ///< of the incarnation: 64 random bits
  char job[64];       ///< SLURM_JOB_ID, "-" without
  long long restart;  ///< SLURM_RESTART_COUNT
  char host[256], boot[SP_PROCESS_BOOT];
  long process;  ///< of rank 0
  unsigned long long beat;
  double time;  ///< of the last heartbeat, in seconds since 1970 on its host
  bool ended;   ///< it left in order
} sp_lease_owner;

/// What the system says about the lock of the run directory.
typedef enum sp_lease_lock {
  SP_LOCK_HELD,     ///< nobody else on this host has it; on other hosts, if the file system tells
  SP_LOCK_REFUSED,  ///< somebody has it
  SP_LOCK_UNKNOWN   ///< the file system has no locks
} sp_lease_lock;

typedef struct sp_lease sp_lease;

/// Read the lease of a run directory. false: there is none, or none that makes sense.
bool sp_lease_read(const char *directory, sp_lease_owner *owner);

/// "process 4711 on n1, job 17, restart 2", into a buffer of 512 bytes; returns it.
const char *sp_lease_describe(const sp_lease_owner *owner, char *buffer);

/// Find out whether this process may take the lease, and write nothing. It may
///   - at once, when there is none, when its owner left in order, when its owner ran on this host and the lock is free, and
///     when its owner is an earlier start of this Slurm job, even while it still has the lock;
///   - else, when the lock is not refused, after watching it for two and a half heartbeats (`heartbeat` is in seconds): an
///     owner that moves keeps it.
/// Collective: no. Errors: SP_ERR_BUSY naming the owner; SP_ERR_IO, SP_ERR_MEMORY.
sp_status sp_lease_open(const char *directory, sp_lease_lock lock, double heartbeat, sp_lease **out);

/// Take the lease that sp_lease_open has found free, if it still is, and start a thread which counts the heartbeat up. A
/// file that is no lease is renamed, with a warning. On a full disk, where the lock is held, the lease is not written and
/// this is a warning: sp_lease_check writes it. The caller releases the lease also after a failure.
/// Collective: no. Errors: SP_ERR_BUSY naming the owner; SP_ERR_IO, SP_ERR_SPACE, SP_ERR_MEMORY.
sp_status sp_lease_take(sp_lease *lease, sp_lease_lock lock);

/// Before something is committed: is it still ours? One that has gone (with its directory) is written anew.
/// Any thread, one at a time. Errors: SP_ERR_BUSY naming who has taken over, and nothing may be written to the directory
/// any more; SP_ERR_IO when it cannot be read, SP_ERR_SPACE when it cannot be written.
sp_status sp_lease_check(sp_lease *lease);

/// Has the last heartbeat found it taken over? Costs nothing.
bool sp_lease_lost(const sp_lease *lease);

/// End the heartbeat, write that the owner has left in order, if the lease was taken, and free it. NULL is fine.
void sp_lease_release(sp_lease *lease);

#endif
