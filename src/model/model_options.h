// SPDX-License-Identifier: Apache-2.0
// The options of the section `model`: layers, loss and metrics, or an objective.
#ifndef SP_MODEL_MODEL_OPTIONS_H
#define SP_MODEL_MODEL_OPTIONS_H

#include "config/options.h"

/// A user-defined function in place of layers and loss (shardprop/objective.h).
typedef struct sp_objective_options {
  const char *library;  ///< path of a shared object
  sp_map options;       ///< for the option table of the library
} sp_objective_options;

typedef struct sp_input_entry {
  sp_shape shape;  ///< of a row; rank -1: the shape in the data
} sp_input_entry;

typedef struct sp_model_options {
  sp_entries inputs;  ///< of sp_input_entry, by column; none: the column features
  sp_selected_list layers;
  sp_selected loss;
  sp_selected_list metrics;
  const char *initial;  ///< HDF5 file or checkpoint with initial parameters; NULL: use the initialisers
  const sp_objective_options *objective;  ///< NULL: layers and loss
} sp_model_options;

extern const sp_option sp_model_fields[];

#endif
