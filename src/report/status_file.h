// SPDX-License-Identifier: Apache-2.0
// status.json: the state of a run, for scripts and users; one key per line, so that sed can read it too.
//
//   {
//     "state": "running",          running | done | preempted (stopped after saving a checkpoint) | failed
//     "reason": "",                why it was preempted ("signal …", "deadline …") or failed (the error), on one line
//     "step": 1200, …
//   }
//
// Rank 0 writes a temporary file and renames it, every few seconds without a sync, and with one when the state changes.
// A run that crashes leaves "running". A failure to write is a warning and does not end the run.
#ifndef SP_REPORT_STATUS_FILE_H
#define SP_REPORT_STATUS_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/process.h"
#include "base/text.h"
#include "shardprop/status.h"
#include "train/observer.h"

enum { SP_STATUS_REASON = 1024, SP_STATUS_HOSTS = 1 << 16 };

/// The contents of the file. An unknown number is -1 or NaN (null in the file).
typedef struct sp_status_record {
  char state[16], reason[SP_STATUS_REASON];
  int64_t step, steps, epoch, epochs;
  int64_t skipped;          ///< steps that were not finite
  int64_t checkpoint_step;  ///< of the newest committed checkpoint
  double checkpoint_time;   ///< calendar time
  double rows_per_second, loss, validation_loss;
  double seconds;  ///< training time of all starts
  double seconds_left;
  int64_t starts;   ///< number of starts of the run
  char job[64];     ///< Slurm job
  int64_t restart;  ///< number of restarts of that job by Slurm
  int64_t ranks;
  char hosts[SP_STATUS_HOSTS];  ///< of all ranks; truncated if it is too long
  char host[72];                ///< of rank 0
  int64_t pid;                  ///< of rank 0
  int64_t pid_began;            ///< start time of that process, in clock ticks since the machine was booted
  char boot[SP_PROCESS_BOOT];   ///< identifies that boot of the machine
  double time;                  ///< calendar time of the write
} sp_status_record;

extern const sp_status_record sp_status_unknown;  ///< all values unknown

/// Append a record as the members of a JSON object without braces, separated by commas, with `before` in front of each key.
void sp_status_record_write(const sp_status_record *record, const char *before, sp_text *out);

/// Read a file, which is not trusted: members that are missing or malformed are unknown, and control characters in texts are
/// replaced by spaces. Errors: SP_ERR_IO; SP_ERR_CONFIG if it is not a JSON object.
sp_status sp_status_record_read(const char *path, sp_status_record *record);

/// Copy a text, truncated to `size` bytes, with control characters replaced by spaces.
void sp_status_set_text(char *out, size_t size, const char *text);

typedef struct sp_status_file {
  char path[PATH_MAX];
  sp_status_record record;
  double written;  ///< record.seconds at the last write
  bool failing;    ///< the last write failed, and a warning was logged
} sp_status_file;

/// Begin a start of the run in `directory`, which the caller has locked: count the start and write "running".
void sp_status_file_open(const char *directory, int ranks, const char *hosts, sp_status_file *file);
/// The state is set: that of a checkpoint, with the time at which it was written, or that of a new run (NaN).
void sp_status_file_ready(sp_status_file *file, const sp_standing *, double checkpoint_time);
void sp_status_file_step(sp_status_file *file, const sp_standing *, const sp_scores *epoch);
void sp_status_file_epoch(sp_status_file *file, const sp_standing *, const sp_scores *training,
                          const sp_scores *validation);
void sp_status_file_checkpoint(sp_status_file *file, int64_t step);
/// Set the progress at the end of the training, and the reason if it was stopped. Does not write the file.
void sp_status_file_stand(sp_status_file *file, const sp_standing *, const char *why);
/// The run has ended. `error` replaces the reason unless it is NULL.
void sp_status_file_end(sp_status_file *file, sp_ending ending, const char *error);

#endif
