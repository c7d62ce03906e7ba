// SPDX-License-Identifier: Apache-2.0
// A data set: features and targets named in HDF5 files, as rows, with transforms on the way to the network.
#ifndef SP_DATA_ROW_DATASET_H
#define SP_DATA_ROW_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/shape.h"
#include "config/options.h"

/// Where rows come from: the options of data.train, data.validation and data.test.
typedef struct sp_data_source_options {
  sp_strings file;       ///< names or glob patterns; several files are read as one, in order
  const char *features;  ///< name of the HDF5 data set, "/train/images"
  const char *targets;   ///< NULL: rows without targets, which can be predicted and not scored
} sp_data_source_options;

extern const sp_option sp_data_source_fields[];
extern const sp_option sp_data_test_fields[];  ///< targets may be left out

typedef struct sp_dataset sp_dataset;

/// What the targets are: a class number a row, or values.
typedef enum sp_target_kind { SP_TARGET_CLASS, SP_TARGET_VALUES } sp_target_kind;

/// Open files and check them: features and targets exist, are of an integer or float type, have as many rows, and the
/// transforms fit. All ranks of a run may open the same files.
///   precision  SP_FLOAT32 or SP_FLOAT64: what samples are delivered in
/// Collective: no. Ownership: copies what it needs of the options; transforms' options are borrowed.
/// Errors: SP_ERR_DATA naming file, data set, what was found and what was expected.
sp_status sp_dataset_open(const sp_data_source_options *source, const sp_selected_list *feature_transforms,
                          const sp_selected_list *target_transforms, sp_dtype precision, sp_dataset **out);
/// Of rows without targets: what theirs would be like, so that statistics find their place and predictions can be turned
/// back. The file has no shape that tells; the transforms begin with `target`. Errors: those of transforms.
sp_status sp_dataset_expect_targets(sp_dataset *dataset, const sp_shape *target, const sp_selected_list *transforms);

/// Rows that are numbers and hold nothing: for an objective that needs no data. Features have rank -1, gather delivers
/// nothing. Errors: SP_ERR_MEMORY.
sp_status sp_dataset_open_rows(int64_t rows, sp_dataset **out);
void sp_dataset_close(sp_dataset *dataset);  ///< NULL is fine

int64_t sp_dataset_rows(const sp_dataset *dataset);
int64_t sp_dataset_row_bytes(const sp_dataset *dataset);  ///< as stored, features and targets; at least 1
bool sp_dataset_has_targets(const sp_dataset *dataset);
int64_t sp_dataset_chunk_rows(const sp_dataset *dataset);      ///< of an HDF5 chunk of the features; 0: not chunked
const sp_shape *sp_dataset_feature_shape(const sp_dataset *);  ///< of a sample after the transforms
const sp_shape *sp_dataset_target_shape(
    const sp_dataset *);                              ///< of a target after the transforms; rank 0: one value; -1: none
bool sp_dataset_targets_integer(const sp_dataset *);  ///< stored as integers and not transformed
const char *sp_dataset_describe(const sp_dataset *, char buffer[256]);  ///< "data.h5:/train/images, 60,000 rows …"

/// What a run may compare to see that the data are the same: rows, shapes, types as one line of text.
const char *sp_dataset_signature(const sp_dataset *, char buffer[256]);

/// Is `path` one of its files, under whatever name, or do features or targets lie there: behind an external link, as a
/// part of a virtual data set?
bool sp_dataset_has_file(const sp_dataset *dataset, const char *path);

/// Deliver targets as class numbers below `classes` from now on, or with classes = 0 as values again.
/// Errors: SP_ERR_DATA unless they are stored as one integer a row and not transformed.
sp_status sp_dataset_use_classes(sp_dataset *dataset, int64_t classes);

/// Do the transforms of the targets hold one that needs statistics?
bool sp_dataset_targets_standardized(const sp_dataset *dataset);

#endif
