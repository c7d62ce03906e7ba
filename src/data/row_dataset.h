// A data set: features and targets named in HDF5 files, as rows, with transforms on the way to the network.
#ifndef SP_DATA_ROW_DATASET_H
#define SP_DATA_ROW_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/shape.h"
#include "config/options.h"
#include "data/delivered.h"

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
int64_t sp_dataset_row_bytes(const sp_dataset *dataset);        ///< as stored, features and targets; at least 1
bool sp_dataset_has_targets(const sp_dataset *dataset);
int64_t sp_dataset_chunk_rows(const sp_dataset *dataset);       ///< of an HDF5 chunk of the features; 0: not chunked
const sp_shape *sp_dataset_feature_shape(const sp_dataset *);   ///< of a sample after the transforms
const sp_shape *sp_dataset_target_shape(const sp_dataset *);    ///< of a target after the transforms; rank 0: one value; -1: none
bool sp_dataset_targets_integer(const sp_dataset *);            ///< stored as integers and not transformed
const char *sp_dataset_describe(const sp_dataset *, char buffer[256]);  ///< "data.h5:/train/images, 60,000 rows …"

/// What a run may compare to see that the data are the same: rows, shapes, types as one line of text.
const char *sp_dataset_signature(const sp_dataset *, char buffer[256]);

/// A number that tells contents apart without reading all of them: the XXH3 of at most a few MiB of stored rows, the first,
/// the last and stretches spread evenly between, of features and targets. The same rows give the same number whatever
/// their files, chunks and cache are. Errors: SP_ERR_DATA: cannot be read; SP_ERR_MEMORY.
sp_status sp_dataset_fingerprint(sp_dataset *dataset, uint64_t *fingerprint);

/// Is `path` one of its files, under whatever name, or do features or targets lie there: behind an external link, as a
/// part of a virtual data set?
bool sp_dataset_has_file(const sp_dataset *dataset, const char *path);

/// Deliver targets as class numbers below `classes` from now on, or with classes = 0 as values again.
/// Errors: SP_ERR_DATA unless they are stored as one integer a row and not transformed.
sp_status sp_dataset_use_classes(sp_dataset *dataset, int64_t classes);

/// Do the transforms of the targets hold one that needs statistics?
bool sp_dataset_targets_standardized(const sp_dataset *dataset);

/// What delivered targets are checked by. Errors: SP_ERR_DATA; *row is which of them.
typedef sp_status sp_target_check(const void *context, const sp_delivered *targets, int64_t *row);

/// Check the targets of rows [first, first + count) in order: class numbers by their range, in the type they are stored in;
/// values, after the transforms, by `check`, which may be NULL: then only that they can be delivered. Where a transform
/// needs statistics, `check` gets the values before it. Looks for a requested stop.
/// Errors: SP_ERR_DATA naming file, data set, row and value; SP_STOPPED.
sp_status sp_dataset_check_targets(sp_dataset *dataset, int64_t first, int64_t count, sp_target_check *check,
                                   const void *context);

// --- one copy of the data in memory, in the files' own types ------------------------------------------------------

/// Bytes of a copy of all rows: the features, then from the next 64-byte boundary on the targets.
sp_status sp_dataset_cache_bytes(const sp_dataset *dataset, int64_t *bytes);
/// Read rows [first, first + count) to where they belong in the copy at `cache`. Ranks of a node share the work.
sp_status sp_dataset_cache_fill(sp_dataset *dataset, void *cache, int64_t first, int64_t count);
/// Take rows from the copy from now on; it is borrowed. NULL: from the files again.
void sp_dataset_cache_use(sp_dataset *dataset, const void *cache);

// --- rows ---------------------------------------------------------------------------------------------------------

/// Deliver `count` rows: features (count, sample) in the precision, targets (count, target) in the precision or, as
/// classes, (count) int32_t. `features` or `targets` may be NULL. Transforms are applied. From a cache: allocates
/// nothing, makes no system call.
/// Errors: SP_ERR_DATA: cannot be read; a class that is not in [0, classes): names file, data set, row and value.
sp_status sp_dataset_gather(sp_dataset *dataset, const int64_t *row, int64_t count, void *features, void *targets);

/// Rows as they are stored, before any transform: how many values one has and of which type; and `count` of them, each
/// (count, values) in its own type, in the order of the files. `features` or `targets` may be NULL.
/// Errors: SP_ERR_DATA: cannot be read.
typedef struct sp_stored {
  sp_dtype dtype;
  int64_t values;
} sp_stored;
sp_stored sp_dataset_stored_features(const sp_dataset *dataset);
sp_stored sp_dataset_stored_targets(const sp_dataset *dataset);
sp_status sp_dataset_read(sp_dataset *dataset, int64_t first, int64_t count, void *features, void *targets);

// --- statistics of `standardize` -----------------------------------------------------------------------------------

/// How many values the standardize transforms that want statistics have together (0: none). What is standardized cannot
/// be gathered before they are set.
int64_t sp_dataset_moments_size(const sp_dataset *dataset);
/// Add over rows [first, first + count), in order, into sum: the values where mean is NULL, else (value - mean)^2. With
/// `over: all` a row counts with the mean over its values. Divided by the number of rows these are the mean and the
/// variance. float64; sum and mean: (moments_size). A chain holds at most one standardize (checked at open).
sp_status sp_dataset_moments_add(sp_dataset *dataset, int64_t first, int64_t count, const double *mean, double *sum);
/// Take mean and standard deviation (a deviation of 0 counts as 1); copied.
void sp_dataset_moments_set(sp_dataset *dataset, const double *mean, const double *deviation);

/// Are the targets transformed in a way by which they, and differences of them, can be turned back into the file's own
/// units? Known before the statistics are. And then: what a difference of 1 in each value of a delivered target is in those
/// units; and (rows, target) values like delivered targets, in the precision, turned back in place.
bool sp_dataset_targets_turn_back(const sp_dataset *dataset);
void sp_dataset_target_units(const sp_dataset *dataset, double *unit);
void sp_dataset_turn_targets_back(const sp_dataset *dataset, int64_t rows, void *values);

/// The registry of transforms: scale, standardize, one_hot, reshape.
extern const sp_variant *const sp_transforms[];

#endif
