// SPDX-License-Identifier: Apache-2.0
// The inside of a data set: its two columns, and the buffers that rows are read into.
#ifndef SP_DATA_COLUMN_H
#define SP_DATA_COLUMN_H

#include "data/hdf5_source.h"
#include "data/transforms.h"

/// Features or targets.
typedef struct sp_column {
  sp_hdf5_source *source;
  sp_dtype stored;        ///< type of the stored values
  int64_t stored_values;  ///< of a row
  int64_t stored_bytes;   ///< of a row
  sp_transform_chain chain;
  int64_t classes;          ///< 0: values are delivered, else class numbers below this
  int64_t delivered_bytes;  ///< of a row
  const char *cache;        ///< all stored rows in memory, or NULL
} sp_column;

/// A row that is wanted, and which of those that are delivered it is.
typedef struct sp_wanted {
  int64_t row, place;
} sp_wanted;

struct sp_dataset {
  sp_column features, targets;
  int64_t rows;
  sp_dtype precision;
  bool statistics_missing;
  char *stored;  ///< rows as read from the files
  int64_t stored_capacity;
  void *sample;  ///< one sample on its way to the statistics
  sp_wanted *wanted;
  int64_t wanted_capacity;
};

/// Consecutive stored rows: where they lie in the cache, or read into dataset->stored, which has room for
/// sp_column_capacity rows.
sp_status sp_column_rows(struct sp_dataset *dataset, const sp_column *column, int64_t first, int64_t count,
                         const char **rows);
int64_t sp_column_capacity(const struct sp_dataset *dataset, const sp_column *column);

/// What sp_column_each does with stored rows [first, first + count), which begin at `stored`.
typedef sp_status sp_column_work(const sp_column *column, const char *stored, int64_t first, int64_t count,
                                 void *context);

/// Call `work` for rows [first, first + count) in order, as many at a time as fit in the buffer. Before each call it looks
/// for a requested stop. Errors: those of reading and of `work`; SP_STOPPED.
sp_status sp_column_each(struct sp_dataset *dataset, const sp_column *column, int64_t first, int64_t count,
                         sp_column_work *work, void *context);

/// "label 12, expected 0 to 9", for a stored integer that is no class. Returns SP_ERR_DATA.
sp_status sp_column_fail_class(const sp_column *column, const char *stored);

/// Put file, data set and row before the message of a failure.
sp_status sp_column_context(sp_status status, const sp_column *column, int64_t row);

#endif
