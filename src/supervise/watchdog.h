// The watchdog: a thread of each rank that ends the run when no rank makes progress any more, and says who is at fault: a rank that
// was stopped or has died, a node that cannot be reached, a file system that does not answer.
//
// Ranks tell what they are at in memory that their node shares: one store, no system call. The threads look at it once a
// second; what they know of other nodes goes through small files in the run directory, `watchdog/`, that are written only
// while no step is completed for long. Time is counted in the thread's own ticks, so a job that the scheduler suspends has
// not hung. No thread calls MPI, and each rank ends itself: also those of a node whose network is cut.
#ifndef SP_SUPERVISE_WATCHDOG_H
#define SP_SUPERVISE_WATCHDOG_H

#include <stdatomic.h>

#include "comm/comm.h"

typedef enum sp_phase {
  SP_PHASE_LOADING, SP_PHASE_DATA, SP_PHASE_FORWARD, SP_PHASE_BACKWARD, SP_PHASE_EXCHANGE, SP_PHASE_UPDATE,
  SP_PHASE_EVALUATION, SP_PHASE_SAVING, SP_PHASE_ENDED
} sp_phase;

/// What a rank is at: how often it told so, and the phase in the lowest four bits; and the steps it has completed.
typedef struct sp_pulse {
  _Alignas(128) _Atomic int64_t beat;
  _Atomic int64_t step;
} sp_pulse;

/// This rank makes progress: it begins a phase, or another piece of it. NULL is fine: nobody watches.
static inline void sp_beat(sp_pulse *pulse, sp_phase phase) {
  if (!pulse) return;
  int64_t beats = atomic_load_explicit(&pulse->beat, memory_order_relaxed) >> 4;
  atomic_store_explicit(&pulse->beat, (beats + 1) * 16 + (int64_t)phase, memory_order_relaxed);
}

/// So many steps are completed.
static inline void sp_beat_step(sp_pulse *pulse, int64_t step) {
  if (pulse) atomic_store_explicit(&pulse->step, step, memory_order_relaxed);
}

typedef struct sp_watchdog sp_watchdog;

/// Watch the ranks of `comm`. `limit`: seconds without any progress of anybody; NaN: measured, 20 times the longest pause
/// within a step so far, and at least 5 minutes (30 while something is loaded or saved: a large file's sync is one pause);
/// 0: no watchdog, *out is NULL. Reading and writing files is progress while the phase is loading or saving.
/// `directory` is the run's, and stays.
///
/// When the limit is reached the first living rank of each node says which ranks stand where (of many nodes, the first
/// four), named ranks that still live show their stack, stopped ones are killed, and all exit with SP_EXIT_HUNG.
/// The calling thread is the one whose stack is shown.
/// Collective: yes. Errors: SP_ERR_MEMORY. Agreed on.
sp_status sp_watchdog_open(const sp_comm *comm, const char *directory, double limit, sp_watchdog **out);

/// Where the calling rank tells what it is at; NULL without a watchdog. At the start it is loading.
sp_pulse *sp_watchdog_pulse(sp_watchdog *watchdog);

/// Before MPI_Finalize; NULL is fine. Collective: no.
void sp_watchdog_close(sp_watchdog *watchdog);

#endif
