// SPDX-License-Identifier: Apache-2.0
// The options of the section `data`: where the columns of the training, validation and test rows are stored, and what
// happens to them.
#ifndef SP_DATA_DATA_OPTIONS_H
#define SP_DATA_DATA_OPTIONS_H

#include "config/options.h"

/// Where a column is stored.
typedef struct sp_column_options {
  const char *from;  ///< name of the HDF5 data set, "/train/weights"
  sp_strings file;   ///< count 0: the files of the part
} sp_column_options;

/// The options of data.train and data.test.
typedef struct sp_data_source_options {
  sp_strings file;       ///< names or glob patterns; several files are read in order, as one data set
  const char *features;  ///< name of the HDF5 data set, "/train/images": the short form of a column
  const char *targets;   ///< the same; NULL: the part has no such column, or `columns` lists it
  sp_entries columns;    ///< of sp_column_entry
} sp_data_source_options;

typedef struct sp_column_entry {
  const sp_column_options *column;
} sp_column_entry;

typedef struct sp_validation_options {
  double fraction;                ///< of the training rows, the last ones of the file; 0: none, or `source` is given
  sp_data_source_options source;  ///< without columns if `fraction` is given
} sp_validation_options;

enum { SP_CACHE_AUTO, SP_CACHE_NODE, SP_CACHE_NONE };  // data.cache

typedef struct sp_transforms_entry {
  sp_selected_list list;
} sp_transforms_entry;

typedef struct sp_data_options {
  const sp_data_source_options *train;           ///< NULL: none; the model is an objective
  int64_t rows;                                  ///< rows of an epoch without `train`; SP_AUTO: those of an update
  const sp_validation_options *validation;       ///< NULL: none
  const sp_data_source_options *test;            ///< NULL: none
  sp_selected_list transform, target_transform;  ///< short forms of two entries of `transforms`
  sp_entries transforms;                         ///< of sp_transforms_entry, by column
  int shuffle;                                   ///< sp_shuffle
  int64_t window;                                ///< chunks
  int cache;
} sp_data_options;

extern const sp_option sp_data_fields[];

#endif
