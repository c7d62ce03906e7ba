// SPDX-License-Identifier: Apache-2.0
// Internals of a data set: its columns, and the buffers for stored rows.
#ifndef SP_DATA_COLUMN_H
#define SP_DATA_COLUMN_H

#include "base/memory.h"
#include "data/column_form.h"
#include "data/hdf5_source.h"
#include "data/transforms.h"

/// A column of a data set, such as the features.
typedef struct sp_column {
  const char *name;        ///< in the arena of the data set
  sp_hdf5_source *source;  ///< NULL: the data set lacks this column
  sp_dtype stored;         ///< type of the stored values
  int64_t stored_values;   ///< values of a row
  int64_t stored_bytes;    ///< bytes of a stored row
  sp_transform_chain chain;
  bool statistics_missing;  ///< the transforms need statistics that have not been set
  sp_column_use use;
  int64_t delivered_bytes;  ///< bytes of a delivered row
  const char *cache;        ///< all stored rows in memory, or NULL
} sp_column;

/// A row to deliver, and its place in the output.
typedef struct sp_wanted {
  int64_t row, place;
} sp_wanted;

struct sp_dataset {
  sp_arena *arena;
  sp_column column[SP_MAX_COLUMNS];
  int columns;
  int64_t rows;
  sp_dtype precision;
  char *stored;  ///< rows read from the files
  int64_t stored_capacity;
  void *sample;  ///< one sample before it is standardized, for the statistics
  sp_wanted *wanted;
  int64_t wanted_capacity;
};

/// Get consecutive stored rows: a pointer into the cache, or into dataset->stored after reading them. That buffer has
/// room for sp_column_capacity rows.
sp_status sp_column_rows(struct sp_dataset *dataset, const sp_column *column, int64_t first, int64_t count,
                         const char **rows);
int64_t sp_column_capacity(const struct sp_dataset *dataset, const sp_column *column);

/// Process stored rows [first, first + count), which begin at `stored`.
typedef sp_status sp_column_work(const sp_column *column, const char *stored, int64_t first, int64_t count,
                                 void *context);

/// Call `work` for rows [first, first + count) in order, for as many rows at a time as fit into the buffer. Checks for
/// a requested stop before each call. Errors: those of reading and of `work`; SP_STOPPED.
sp_status sp_column_each(struct sp_dataset *dataset, const sp_column *column, int64_t first, int64_t count,
                         sp_column_work *work, void *context);

/// Report a stored integer that is not a class number: "label 12, expected 0 to 9". Returns SP_ERR_DATA.
sp_status sp_column_fail_class(const sp_column *column, const char *stored);

/// Prefix the error message with file, data set and row.
sp_status sp_column_context(sp_status status, const sp_column *column, int64_t row);

#endif
