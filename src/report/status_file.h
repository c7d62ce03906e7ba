// SPDX-License-Identifier: Apache-2.0
// status.json: where a run stands, for scripts and people; one key a line, so that sed can read it too.
//
//   {
//     "state": "running",          running | done | preempted (stopped, everything saved: start again) | failed
//     "reason": "",                why it was preempted ("signal …", "deadline …") or failed (the error), in one line
//     "step": 1200, …
//   }
//
// Rank 0 writes it beside and renames it: every few seconds without waiting for the disk, synced when the state changes.
// A run that dies leaves "running". What cannot be written is a warning, never the end of the run.
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

/// What it says. A number that is not known is -1, or NaN (null in the file).
typedef struct sp_status_record {
  char state[16], reason[SP_STATUS_REASON];
  int64_t step, steps, epoch, epochs;
  int64_t checkpoint_step;  ///< newest committed
  double checkpoint_time;   ///< calendar
  double rows_per_second, loss, validation_loss;
  double seconds;  ///< trained, all starts together
  double seconds_left;
  int64_t starts;   ///< how often the run was started so far
  char job[64];     ///< of Slurm
  int64_t restart;  ///< how often Slurm restarted that job
  int64_t ranks;
  char hosts[SP_STATUS_HOSTS];  ///< of all ranks; cut short where they are very many
  char host[72];                ///< of rank 0
  int64_t pid;                  ///< of rank 0
  int64_t pid_began;            ///< when that process began, in clock ticks since its machine started
  char boot[SP_PROCESS_BOOT];   ///< of that start of the machine
  double time;                  ///< when it was written, calendar
} sp_status_record;

extern const sp_status_record sp_status_unknown;  ///< nothing is known

/// Append a record as the members of a JSON object without its braces: `before` stands before each key, a comma between.
void sp_status_record_write(const sp_status_record *record, const char *before, sp_text *out);

/// Read a file, of which nothing is trusted: what it does not say in the right form is not known, and texts are without
/// control characters. Errors: SP_ERR_IO, SP_ERR_CONFIG when it is no JSON object.
sp_status sp_status_record_read(const char *path, sp_status_record *record);

/// Copy a text, cut short where it must be, with spaces for control characters.
void sp_status_set_text(char *out, size_t size, const char *text);

typedef struct sp_status_file {
  char path[PATH_MAX];
  sp_status_record record;
  double written;  ///< record.seconds when it was written last
  bool failing;    ///< the last one could not be written, and that was said
} sp_status_file;

/// A start of the run in `directory`, which the caller has locked: count it, and write "running".
void sp_status_file_open(const char *directory, int ranks, const char *hosts, sp_status_file *file);
/// The state is there: of a checkpoint, with the time it was written, or of a new run (NaN).
void sp_status_file_ready(sp_status_file *file, const sp_standing *, double checkpoint_time);
void sp_status_file_step(sp_status_file *file, const sp_standing *, const sp_scores *epoch);
void sp_status_file_epoch(sp_status_file *file, const sp_standing *, const sp_scores *training,
                          const sp_scores *validation);
void sp_status_file_checkpoint(sp_status_file *file, int64_t step);
/// Where the run ended, and why if it was stopped; not written yet.
void sp_status_file_stand(sp_status_file *file, const sp_standing *, const char *why);
/// The run has ended, with the error, or NULL to keep the reason.
void sp_status_file_end(sp_status_file *file, sp_ending ending, const char *error);

#endif
