// SPDX-License-Identifier: Apache-2.0
// The file that predict makes: an HDF5 file with a data set for each quantity, or where its name ends in .csv a table with
// a line a row. Known to one process.
#ifndef SP_CLI_PREDICTIONS_H
#define SP_CLI_PREDICTIONS_H

#include "cli/evaluation.h"
#include "import/import_format.h"

typedef struct sp_predictions sp_predictions;

/// Begin the file. Errors: those of sp_hdf5_writer_create; SP_ERR_USAGE for chunks or compression of a table.
sp_status sp_predictions_create(const sp_import_output *output, sp_predictions **out);

/// What goes into it. Borrows the evaluation, with its checkpoint loaded. Errors: SP_ERR_SPACE, SP_ERR_MEMORY, SP_ERR_IO.
sp_status sp_predictions_begin(sp_predictions *predictions, const sp_evaluation *evaluation);

/// The next rows; `output` (rows, outputs) in the run's precision is what the network gave for them, and is changed.
/// At most trainer->evaluation_rows. Errors: SP_ERR_SPACE, SP_ERR_IO; SP_ERR_DATA when the data cannot be read.
sp_status sp_predictions_append(sp_predictions *predictions, void *output, int64_t rows);

/// The file appears; a warning says how many rows have predictions that are not finite. `contents` gets a line for each
/// data set, or one for all columns. The predictions are gone afterwards, whatever the outcome; on failure the file is
/// removed. Errors: SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_predictions_commit(sp_predictions *predictions, sp_text *contents);
/// Give up, and remove the file. NULL is fine.
void sp_predictions_abandon(sp_predictions *predictions);

#endif
