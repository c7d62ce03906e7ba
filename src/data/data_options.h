// SPDX-License-Identifier: Apache-2.0
// The options of the section `data`: where the columns of the training, validation and test rows are stored, and what
// happens to them.
#ifndef SP_DATA_DATA_OPTIONS_H
#define SP_DATA_DATA_OPTIONS_H

#include "data/row_dataset.h"

/// The options of data.train and data.test.
typedef struct sp_data_source_options {
  sp_strings file;       ///< names or glob patterns; several files are read in order, as one data set
  const char *features;  ///< name of the HDF5 data set, "/train/images"
  const char *targets;   ///< NULL: rows without targets, which can be predicted but not scored
} sp_data_source_options;

typedef struct sp_validation_options {
  double fraction;  ///< of the training rows, the last ones of the file; 0: none, or `file` is given
  sp_strings file;
  const char *features, *targets;
} sp_validation_options;

enum { SP_CACHE_AUTO, SP_CACHE_NODE, SP_CACHE_NONE };  // data.cache

typedef struct sp_data_options {
  const sp_data_source_options *train;      ///< NULL: none; the model is an objective
  int64_t rows;                             ///< rows of an epoch without `train`; SP_AUTO: those of an update
  const sp_validation_options *validation;  ///< NULL: none
  const sp_data_source_options *test;       ///< NULL: none
  sp_selected_list transform, target_transform;
  int shuffle;     ///< sp_shuffle
  int64_t window;  ///< chunks
  int cache;
} sp_data_options;

extern const sp_option sp_data_fields[];

/// List the columns of a part of the data for sp_dataset_open: the same columns in the same order for every part, of which
/// a part may lack some. Returns their number, at most SP_MAX_COLUMNS. Ownership: borrows the options.
int sp_data_list_columns(const sp_data_options *options, const sp_data_source_options *part,
                         sp_column_source out[SP_MAX_COLUMNS]);

#endif
