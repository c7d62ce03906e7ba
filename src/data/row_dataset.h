// SPDX-License-Identifier: Apache-2.0
// A data set: features and targets in HDF5 files, delivered to the network as rows after transforms.
#ifndef SP_DATA_ROW_DATASET_H
#define SP_DATA_ROW_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/shape.h"
#include "config/options.h"

/// The options of data.train, data.validation and data.test.
typedef struct sp_data_source_options {
  sp_strings file;       ///< names or glob patterns; several files are read in order, as one data set
  const char *features;  ///< name of the HDF5 data set, "/train/images"
  const char *targets;   ///< NULL: rows without targets, which can be predicted but not scored
} sp_data_source_options;

extern const sp_option sp_data_source_fields[];
extern const sp_option sp_data_test_fields[];  ///< targets are optional

typedef struct sp_dataset sp_dataset;

/// What a target contains: one class number, or values.
typedef enum sp_target_kind { SP_TARGET_CLASS, SP_TARGET_VALUES } sp_target_kind;

/// Open files and check them: features and targets exist, have an integer or float type and the same number of rows,
/// and the transforms fit. All ranks of a run may open the same files.
///   precision  SP_FLOAT32 or SP_FLOAT64: type of delivered samples
/// Collective: no. Ownership: copies what it needs of the options; borrows the options of the transforms.
/// Errors: SP_ERR_DATA naming file, data set, what was found and what was expected.
sp_status sp_dataset_open(const sp_data_source_options *source, const sp_selected_list *feature_transforms,
                          const sp_selected_list *target_transforms, sp_dtype precision, sp_dataset **out);
/// Describe the targets of rows that have none, so that the statistics can be set and predictions converted back. The
/// file does not contain a shape of targets; the transforms start from the shape `target`. Errors: those of the
/// transforms.
sp_status sp_dataset_expect_targets(sp_dataset *dataset, const sp_shape *target, const sp_selected_list *transforms);

/// Create a data set of numbered rows without values, for an objective that needs no data. Its features have rank -1,
/// and gathering delivers nothing. Errors: SP_ERR_MEMORY.
sp_status sp_dataset_open_rows(int64_t rows, sp_dataset **out);
void sp_dataset_close(sp_dataset *dataset);  ///< NULL is allowed

int64_t sp_dataset_rows(const sp_dataset *dataset);
int64_t sp_dataset_row_bytes(const sp_dataset *dataset);  ///< stored bytes of features and targets; at least 1
bool sp_dataset_has_targets(const sp_dataset *dataset);
int64_t sp_dataset_chunk_rows(const sp_dataset *dataset);  ///< rows of an HDF5 chunk of the features; 0: not chunked
const sp_shape *sp_dataset_feature_shape(const sp_dataset *);  ///< shape of a sample after the transforms
/// Returns the shape of a target after the transforms; rank 0: one value, -1: no targets.
const sp_shape *sp_dataset_target_shape(const sp_dataset *);
bool sp_dataset_targets_integer(const sp_dataset *);                    ///< stored as integers and not transformed
const char *sp_dataset_describe(const sp_dataset *, char buffer[256]);  ///< "data.h5:/train/images, 60,000 rows …"

/// Returns rows, shapes and types as one line of text. A run compares it to detect that the data have changed.
const char *sp_dataset_signature(const sp_dataset *, char buffer[256]);

/// Is `path` one of the files, under any name, or does it contain values of features or targets (behind an external
/// link, or as a part of a virtual data set)?
bool sp_dataset_has_file(const sp_dataset *dataset, const char *path);

/// Deliver targets as class numbers below `classes`, or as values when classes is 0.
/// Errors: SP_ERR_DATA unless the targets are stored as one integer per row and not transformed.
sp_status sp_dataset_use_classes(sp_dataset *dataset, int64_t classes);

/// Does one of the transforms of the targets need statistics?
bool sp_dataset_targets_standardized(const sp_dataset *dataset);

#endif
