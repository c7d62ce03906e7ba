// SPDX-License-Identifier: Apache-2.0
// The part that eval and predict share: a checkpoint and its configuration, loaded for forward passes over some rows.
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

/// The evaluation asked for on the command line.
typedef struct sp_evaluation_wanted {
  const char *run;       ///< path of a run or a checkpoint
  int data;              ///< sp_evaluation_data; unset: the first of them that the configuration has
  int parameters;        ///< sp_evaluation_parameters; unset: the average if the run has one
  sp_strings set;        ///< overrides of the checkpoint's configuration
  bool without_targets;  ///< the test rows may lack targets because nothing is scored
} sp_evaluation_wanted;

extern const sp_option sp_evaluation_options[];

typedef struct sp_evaluation {
  char path[PATH_MAX];  ///< path of the checkpoint
  sp_run_config config;
  sp_trainer *trainer;  ///< with the checkpoint's state
  const sp_rows *rows;
  const char *data;  ///< "test", "validation" or "train"
  const char *why;   ///< the reason for the choice of rows if none were asked for, as the end of a message; or ""
  bool averaged;     ///< the parameters in the state are their moving average
} sp_evaluation;

/// Find the checkpoint and read its configuration. The caller closes the evaluation, also after a failure.
/// Collective: yes. Errors: agreed on.
sp_status sp_evaluation_open(const sp_comm *comm, const sp_evaluation_wanted *wanted, sp_evaluation *out);
/// Open the data, create the network and load the checkpoint. Collective: yes. Errors: agreed on.
sp_status sp_evaluation_load(const sp_comm *comm, const sp_evaluation_wanted *wanted, sp_evaluation *evaluation);
void sp_evaluation_close(sp_evaluation *evaluation);

#endif
