// SPDX-License-Identifier: Apache-2.0
// The configuration of a run: every section's options in one struct, and the root table that binds them.
#ifndef SP_TRAIN_RUN_CONFIG_H
#define SP_TRAIN_RUN_CONFIG_H

#include "checkpoint/checkpoint_options.h"
#include "config/document.h"
#include "data/data_options.h"
#include "data/row_order.h"
#include "exchange/exchange_options.h"
#include "model/network.h"
#include "optim/optimizer_options.h"

typedef struct sp_run_options {
  const char *name;       ///< NULL: the configuration file's name without its ending
  const char *directory;  ///< NULL: runs/<name>
  int64_t seed;
} sp_run_options;

// The choices of train.precision, train.pin and train.on_nonfinite, in the order of the option table.
enum { SP_PRECISION_FLOAT32, SP_PRECISION_FLOAT64, SP_PRECISION_BFLOAT16 };
enum { SP_PIN_AUTO, SP_PIN_NONE };
enum { SP_NONFINITE_STOP, SP_NONFINITE_SKIP, SP_NONFINITE_ROLLBACK };

typedef struct sp_train_options {
  int64_t batch_size, epochs;
  int64_t steps, lanes, patience;  ///< SP_AUTO: no limit, sp_run_lanes, no limit
  const char *monitor, *deadline;
  int precision, pin;
  double watchdog;  ///< seconds; NaN: auto, 0: none
  int on_nonfinite;
  int64_t nonfinite_limit;
  int64_t audit;  ///< steps; 0: never
} sp_train_options;

typedef struct sp_report_options {
  double progress;  ///< seconds
  int64_t steps;
} sp_report_options;

typedef struct sp_run_config {
  const sp_run_options *run;
  const sp_data_options *data;
  const sp_model_options *model;
  const sp_optimizer_options *optimizer;
  const sp_train_options *train;
  const sp_exchange_options *exchange;
  const sp_checkpoint_options *checkpoint;
  const sp_report_options *report;
  sp_document *document;  ///< resolved; owns all of the above
  char name[256];         ///< of the run: run.name, or the configuration file's name without its ending
  char directory[1024];   ///< run.directory, or runs/<name>
} sp_run_config;

extern const sp_option sp_run_fields[];

/// Parse, override, resolve, read and check a configuration. `text` is the file's content, `source` its name.
/// Errors: SP_ERR_CONFIG with a line for each fault.
sp_status sp_run_config_read(const char *text, size_t size, const char *source, const char *const *overrides, int count,
                             sp_run_config *out);
void sp_run_config_free(sp_run_config *config);

/// Refuse an output path that is one of the configuration's data files. Errors: SP_ERR_DATA naming both.
sp_status sp_run_config_check_output(const sp_run_config *config, const char *output);

/// Returns the number of lanes of a run that begins with `ranks` ranks: train.lanes; for `auto` 16, or the next power of two
/// of at least 4 * ranks if that is more, but at most train.batch_size.
int64_t sp_run_lanes(const sp_run_config *config, int64_t ranks);

/// Set train.lanes to that number, if it is `auto`.
sp_status sp_run_config_choose_lanes(sp_run_config *config, int64_t ranks);

/// Set train.lanes in place of `auto` to the number of lanes of an existing run.
sp_status sp_run_config_set_lanes(sp_run_config *config, int64_t lanes);

/// Returns the number of rows of an update.
static inline int64_t sp_run_update_rows(const sp_run_config *config) {
  return config->train->batch_size * config->optimizer->accumulate;
}

/// Returns the number of rows of an epoch of a run without data.
static inline int64_t sp_run_rows(const sp_run_config *config) {
  return config->data->rows == SP_AUTO ? sp_run_update_rows(config) : config->data->rows;
}

/// Returns the number of updates of the run, with `epoch_steps` of them in an epoch.
int64_t sp_run_steps(const sp_run_config *config, int64_t epoch_steps);

static inline sp_dtype sp_run_precision(const sp_run_config *config) {
  return config->train->precision == SP_PRECISION_FLOAT64 ? SP_FLOAT64 : SP_FLOAT32;
}

static inline sp_arithmetic sp_run_arithmetic(const sp_run_config *config) {
  return (sp_arithmetic){.precision = sp_run_precision(config),
                         .bfloat16 = config->train->precision == SP_PRECISION_BFLOAT16};
}

#endif
