// SPDX-License-Identifier: Apache-2.0
// A data set: named columns in HDF5 files, delivered to the network as rows after transforms.
#ifndef SP_DATA_ROW_DATASET_H
#define SP_DATA_ROW_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/text.h"
#include "config/options.h"
#include "data/column_form.h"

typedef struct sp_dataset sp_dataset;

/// A column to open.
typedef struct sp_column_source {
  const char *name;        ///< "features"
  const char *stored;      ///< name of the HDF5 data set, "/train/images"; NULL: the data set lacks this column
  const sp_strings *file;  ///< names or glob patterns of the files that hold it; NULL: those of the data set
  const sp_selected_list *transforms;
} sp_column_source;

/// Open columns and check them: each exists in all of its files and has an integer or float type, all have the same number
/// of rows (in every file, if they lie in the same files), and the transforms fit. All ranks of a run may open the same
/// files.
///   file       names or glob patterns; several files are read in order, as one data set
///   precision  SP_FLOAT32 or SP_FLOAT64: type of delivered values
/// Collective: no. Ownership: copies what it needs, but borrows the options of the transforms.
/// Errors: SP_ERR_DATA naming file, data set, what was found and what was expected.
sp_status sp_dataset_open(const sp_strings *file, const sp_column_source *columns, int count, sp_dtype precision,
                          sp_dataset **out);

/// Describe column c of rows that lack it, so that the statistics can be set and predictions converted back. The file
/// does not contain its shape; the transforms start from `shape`. Errors: those of the transforms.
sp_status sp_dataset_expect(sp_dataset *dataset, int c, const sp_shape *shape, const sp_selected_list *transforms);

/// Create a data set of numbered rows without columns, for an objective that needs no data. Errors: SP_ERR_MEMORY.
sp_status sp_dataset_open_rows(int64_t rows, sp_dataset **out);
void sp_dataset_close(sp_dataset *dataset);  ///< NULL is allowed

int64_t sp_dataset_rows(const sp_dataset *dataset);
int64_t sp_dataset_row_bytes(const sp_dataset *dataset);  ///< stored bytes of all columns; at least 1
/// Returns the rows of an HDF5 chunk of the column with the longest rows among those that are used, the first of several;
/// 0: it is not chunked. Reading it costs most, so that row orders and shares follow its chunks.
int64_t sp_dataset_chunk_rows(const sp_dataset *dataset);

/// Returns the number of columns, including those that the data set lacks.
int sp_dataset_columns(const sp_dataset *dataset);

/// Describe the columns for a network. Names are borrowed from the data set.
void sp_dataset_form(const sp_dataset *dataset, sp_data_form *form);

const char *sp_dataset_name(const sp_dataset *dataset, int c);  ///< name of a column

/// Returns whether the data set contains column c.
bool sp_dataset_has(const sp_dataset *dataset, int c);

/// Returns the shape of column c after its transforms; rank -1 if the data set lacks it.
const sp_shape *sp_dataset_shape(const sp_dataset *dataset, int c);

const char *sp_dataset_describe(const sp_dataset *, char buffer[256]);  ///< "data.h5:/train/images, 60,000 rows …"

/// Format the type and shape of a stored row of column c, "uint8 [28, 28]"; "none" if the data set lacks it.
const char *sp_dataset_row_text(const sp_dataset *dataset, int c, char buffer[256]);

/// Append rows, shapes and types as one line of text. A run compares it to detect that the data have changed.
void sp_dataset_signature(const sp_dataset *dataset, sp_text *out);

/// Returns whether `path` is one of the files, under any name, or contains values of a column (behind an external link, or
/// as a part of a virtual data set).
bool sp_dataset_has_file(const sp_dataset *dataset, const char *path);

/// Set how each column is used: use[sp_dataset_columns]. Columns that are not used are not read.
/// Errors: SP_ERR_DATA unless a column of class numbers is stored as one integer per row and not transformed.
sp_status sp_dataset_use(sp_dataset *dataset, const sp_column_use *use);

#endif
