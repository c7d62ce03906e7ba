// SPDX-License-Identifier: Apache-2.0
// The time limit of a run: Slurm's, or train.deadline. Shortly before it, the run saves a checkpoint and stops, without any
// signal.
#ifndef SP_SUPERVISE_DEADLINE_H
#define SP_SUPERVISE_DEADLINE_H

#include <stdbool.h>

#include "shardprop/status.h"

typedef struct sp_deadline {
  double end;          ///< calendar time; infinite: no limit
  const char *source;  ///< "SLURM_JOB_END_TIME" or "train.deadline"
  double looked;       ///< calendar time of the last call of sp_deadline_near; 0: none
  double longest;      ///< seconds between two such calls: the longest step, with everything between two steps
} sp_deadline;

#define SP_NO_DEADLINE ((sp_deadline){.end = (double)INFINITY})

/// Check a value of train.deadline: "auto", "none", a duration ("90 minutes"), or a calendar time ("2026-11-21 18:00:00" in
/// local time, or followed by Z or an offset such as +01:00). Errors: SP_ERR_CONFIG, "expected …, got …".
sp_status sp_deadline_check(const char *text);

/// Set the deadline of a run that starts now. A duration counts from now on; "auto" is the value of SLURM_JOB_END_TIME (an
/// invalid one is a warning). Errors: SP_ERR_CONFIG if the time has passed.
sp_status sp_deadline_set(const char *text, sp_deadline *out);

/// Called once per step: returns whether it is time to save and stop. `saving`: the longest known time to save, in seconds.
bool sp_deadline_near(sp_deadline *deadline, double saving);

/// Write "deadline 2026-11-21 18:00:00 (SLURM_JOB_END_TIME), 0:40 before it" to a buffer of at least 160 bytes and return it.
const char *sp_deadline_text(const sp_deadline *deadline, char *buffer);

#endif
