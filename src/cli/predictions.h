// SPDX-License-Identifier: Apache-2.0
// The file that predict writes: an HDF5 file with a data set for each quantity, or, if its name ends in .csv, a table with
// a line for each row. One process writes it.
#ifndef SP_CLI_PREDICTIONS_H
#define SP_CLI_PREDICTIONS_H

#include "cli/evaluation.h"
#include "import/import_format.h"

typedef struct sp_predictions sp_predictions;

/// Create the file. Errors: those of sp_hdf5_writer_create; SP_ERR_USAGE for chunks or compression of a table.
sp_status sp_predictions_create(const sp_import_output *output, sp_predictions **out);

/// Declare the quantities of the file. Borrows the evaluation, whose checkpoint must be loaded.
/// Errors: SP_ERR_SPACE, SP_ERR_MEMORY, SP_ERR_IO.
sp_status sp_predictions_begin(sp_predictions *predictions, const sp_evaluation *evaluation);

/// Append the next rows, at most evaluator.rows of the trainer. `output` (rows, outputs) holds the outputs of the network
/// in the run's precision and is overwritten. Errors: SP_ERR_SPACE, SP_ERR_IO; SP_ERR_DATA if the data cannot be read.
sp_status sp_predictions_append(sp_predictions *predictions, void *output, int64_t rows);

/// Commit the file under its name, and warn if predictions are not finite. Appends to `contents` a line for each data
/// set, or one for all columns. Frees the predictions in any case; a failure removes the file.
/// Errors: SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_predictions_commit(sp_predictions *predictions, sp_text *contents);
/// Remove the unfinished file and free the predictions. Accepts NULL.
void sp_predictions_abandon(sp_predictions *predictions);

#endif
