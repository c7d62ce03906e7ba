// SPDX-License-Identifier: Apache-2.0
// metrics.jsonl: records for programs, one JSON object per line.
//   {"event":"start","step":0,"ranks":2}
//   {"event":"step","step":100,"epoch":1,"loss":0.61,"accuracy":0.78}                 scores of the step's batch
//   {"event":"epoch","step":1500,"epoch":1,"training":{…},"validation":{…},"best":true,"seconds":…,"rows_per_second":…}
//   {"event":"checkpoint","step":1500,"seconds":0.01,"stall":0.0001,"write":0.006,"verify":0.002,"cost":0.0004,"bytes":1048576}
//   {"event":"skipped","step":1500,"skipped":1712,"count":2}                          step 1712 is the second to be skipped;
//                                                                                     the run was rolled back to 1500
//   {"event":"done","step":15000,"seconds":…,"rows_per_second":…}                     or "early", "stopped" (both with "why")
//   {"event":"failed","step":700,"message":"…"}
#ifndef SP_REPORT_METRICS_FILE_H
#define SP_REPORT_METRICS_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "shardprop/status.h"
#include "train/observer.h"

typedef struct sp_metrics_file {
  char path[PATH_MAX];
  int descriptor;
  bool failing;  ///< the last record could not be written, and a warning was logged
} sp_metrics_file;

/// Open for appending after `step`. Drops the lines of later steps and an incomplete last line.
sp_status sp_metrics_open(const char *path, int64_t step, sp_metrics_file *out);

void sp_metrics_start(sp_metrics_file *, int64_t step);
void sp_metrics_step(sp_metrics_file *, const sp_standing *, const sp_scores *batch);
void sp_metrics_epoch(sp_metrics_file *, const sp_standing *, const sp_scores *training, const sp_scores *validation,
                      bool best);
void sp_metrics_checkpoint(sp_metrics_file *metrics, const sp_saved *saved);
/// Drops the lines of steps after the present one, if the run was rolled back.
void sp_metrics_skipped(sp_metrics_file *, const sp_standing *, int64_t step, int count);
void sp_metrics_failed(sp_metrics_file *, int64_t step, const char *message);
void sp_metrics_end(sp_metrics_file *, const sp_standing *, sp_ending ending, const char *why);

#endif
