// SPDX-License-Identifier: Apache-2.0
// The time a run must have stopped by: Slurm's limit, or train.deadline. It stops itself shortly before, with
// everything saved, without any signal.
#ifndef SP_SUPERVISE_DEADLINE_H
#define SP_SUPERVISE_DEADLINE_H

#include <stdbool.h>

#include "shardprop/status.h"

typedef struct sp_deadline {
  double end;          ///< calendar; infinite: there is none
  const char *source;  ///< "SLURM_JOB_END_TIME" or "train.deadline"
  double looked;       ///< calendar, when it was asked last; 0: never
  double longest;      ///< between two times it was asked: a step, with all that may come between two
} sp_deadline;

#define SP_NO_DEADLINE ((sp_deadline){.end = (double)INFINITY})

/// Is a text something that train.deadline can say: "auto", "none", a duration ("90 minutes"), or a calendar time
/// ("2026-11-21 18:00:00", local; with a Z or +01:00 behind it where that is)? Errors: SP_ERR_CONFIG, "expected …, got …".
sp_status sp_deadline_check(const char *text);

/// What such a text means for a run that starts now: a duration from now on; "auto" is what SLURM_JOB_END_TIME says (a
/// warning when that makes no sense). Errors: SP_ERR_CONFIG when the time is over.
sp_status sp_deadline_set(const char *text, sp_deadline *out);

/// Asked once a step: is it time to save and stop? `saving`: seconds that takes at most, as far as is known.
bool sp_deadline_near(sp_deadline *deadline, double saving);

/// "deadline 2026-11-21 18:00:00 (SLURM_JOB_END_TIME), 0:40 before it" into a buffer of at least 160 bytes; returns it.
const char *sp_deadline_text(const sp_deadline *deadline, char *buffer);

#endif
