// SPDX-License-Identifier: Apache-2.0
// What eval and predict share: a checkpoint with its configuration, ready for forward passes over some rows.
#ifndef SP_CLI_EVALUATION_H
#define SP_CLI_EVALUATION_H

#include <limits.h>

#include "train/training.h"

enum { SP_EVALUATION_UNSET = -1 };
typedef enum sp_evaluation_data {
  SP_EVALUATION_TEST,
  SP_EVALUATION_VALIDATION,
  SP_EVALUATION_TRAIN
} sp_evaluation_data;
typedef enum sp_evaluation_parameters { SP_EVALUATION_AVERAGE, SP_EVALUATION_RAW } sp_evaluation_parameters;

/// What is asked for, and its options on the command line.
typedef struct sp_evaluation_wanted {
  const char *run;       ///< a run or a checkpoint
  int data;              ///< sp_evaluation_data; unset: the first of them that the configuration has
  int parameters;        ///< sp_evaluation_parameters; unset: the average where the run has one
  sp_strings set;        ///< overrides of its configuration
  bool without_targets;  ///< test rows may be so: nothing is scored
} sp_evaluation_wanted;

extern const sp_option sp_evaluation_options[];

typedef struct sp_evaluation {
  char path[PATH_MAX];  ///< of the checkpoint
  sp_run_config config;
  sp_trainer *trainer;  ///< with the checkpoint's state
  const sp_rows *rows;
  const char *data;  ///< "test", "validation" or "train"
  const char *why;   ///< these rows were taken where none were asked for, as a message says it; or ""
  bool averaged;     ///< the parameters in its state are their moving average
} sp_evaluation;

/// The checkpoint's path and configuration. What was opened is closed, also after a failure.
/// Collective: yes. Errors: agreed on.
sp_status sp_evaluation_open(const sp_comm *comm, const sp_evaluation_wanted *wanted, sp_evaluation *out);
/// The rest of it. Collective: yes. Errors: agreed on.
sp_status sp_evaluation_load(const sp_comm *comm, const sp_evaluation_wanted *wanted, sp_evaluation *evaluation);
void sp_evaluation_close(sp_evaluation *evaluation);

#endif
