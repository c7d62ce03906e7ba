// SPDX-License-Identifier: Apache-2.0
// The list of a run's columns, from the options of the section `data`.
#ifndef SP_DATA_COLUMN_LIST_H
#define SP_DATA_COLUMN_LIST_H

#include "config/document.h"
#include "data/data_options.h"
#include "data/row_dataset.h"

/// Check the columns of all parts, and their transforms. Errors: SP_ERR_CONFIG with the place: a column that is given
/// twice or that data.train does not have, more than SP_MAX_COLUMNS, none at all, no file.
sp_status sp_data_check_columns(const sp_data_options *options, const sp_document *document);

/// List the columns of a part of the data for sp_dataset_open: the columns of data.train (of the part itself if there is
/// no data.train), first features, then targets, then the others in the order of the text. The list is the same for every
/// part, and a part may lack some of them. Returns their number. Ownership: borrows the options.
int sp_data_list_columns(const sp_data_options *options, const sp_data_source_options *part,
                         sp_column_source out[SP_MAX_COLUMNS]);

/// Returns the transforms of a column; an empty list if there are none.
const sp_selected_list *sp_data_transforms(const sp_data_options *options, const char *column);

/// Call `each` with every list of files of the configured parts and columns, until it fails.
sp_status sp_data_each_file(const sp_data_options *options,
                            sp_status (*each)(const sp_strings *files, const void *context), const void *context);

#endif
