// SPDX-License-Identifier: Apache-2.0
// The pulse of a rank, which the watchdog reads: the present phase of its work and the number of completed steps.
#ifndef SP_SUPERVISE_PULSE_H
#define SP_SUPERVISE_PULSE_H

#include <stdatomic.h>
#include <stdint.h>

typedef enum sp_phase {
  SP_PHASE_LOADING,
  SP_PHASE_DATA,
  SP_PHASE_FORWARD,
  SP_PHASE_BACKWARD,
  SP_PHASE_EXCHANGE,
  SP_PHASE_UPDATE,
  SP_PHASE_EVALUATION,
  SP_PHASE_SAVING,
  SP_PHASE_ENDED
} sp_phase;

/// `beat` counts the calls of sp_beat, with the phase in its lowest four bits; `step` is the number of completed steps.
typedef struct sp_pulse {
  _Alignas(128) _Atomic int64_t beat;
  _Atomic int64_t step;
} sp_pulse;

/// Record progress of this rank: it begins a phase, or a further part of one. Does nothing with NULL.
static inline void sp_beat(sp_pulse *pulse, sp_phase phase) {
  if (!pulse) return;
  int64_t beats = atomic_load_explicit(&pulse->beat, memory_order_relaxed) >> 4;
  atomic_store_explicit(&pulse->beat, (beats + 1) * 16 + (int64_t)phase, memory_order_relaxed);
}

/// Record the number of completed steps. Does nothing with NULL.
static inline void sp_beat_step(sp_pulse *pulse, int64_t step) {
  if (pulse) atomic_store_explicit(&pulse->step, step, memory_order_relaxed);
}

#endif
