// SPDX-License-Identifier: Apache-2.0
// The columns of a data set as a network sees them: what is delivered for a row, and how the network uses it.
#ifndef SP_DATA_COLUMN_FORM_H
#define SP_DATA_COLUMN_FORM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/shape.h"
#include "base/text.h"

// The default columns: the input of the network, and what its loss compares the output with.
#define SP_FEATURES "features"
#define SP_TARGETS "targets"

enum { SP_MAX_COLUMNS = 32 };  ///< columns of a data set

/// A column after its transforms.
typedef struct sp_column_form {
  const char *name;  ///< "features"; borrowed
  sp_shape shape;    ///< of a row; rank 0: one value; rank -1: this data set lacks the column
  bool integer;      ///< stored as integers and not transformed, so that a single value can be a class number
  bool invertible;   ///< values, and differences between them, can be converted back to the units of the file
  bool standardized;
} sp_column_form;

enum { SP_TRANSFORMS_OPTION = 96 };

/// Write the option with the transforms of a column, for messages: "data.target_transform", "data.transforms.label".
/// Returns the buffer.
static inline const char *sp_transforms_option(const char *column, char buffer[SP_TRANSFORMS_OPTION]) {
  if (strcmp(column, SP_FEATURES) == 0) {
    snprintf(buffer, SP_TRANSFORMS_OPTION, "data.transform");
  } else if (strcmp(column, SP_TARGETS) == 0) {
    snprintf(buffer, SP_TRANSFORMS_OPTION, "data.target_transform");
  } else {
    snprintf(buffer, SP_TRANSFORMS_OPTION, "data.transforms.%.63s", column);
  }
  return buffer;
}

/// All columns. A row of a data set without columns consists of its row number alone; only an objective accepts it.
typedef struct sp_data_form {
  sp_column_form column[SP_MAX_COLUMNS];
  int columns;
} sp_data_form;

/// Returns the index of a column, or -1.
static inline int sp_data_form_find(const sp_data_form *form, const char *name) {
  for (int c = 0; c < form->columns; c++) {
    if (strcmp(form->column[c].name, name) == 0) return c;
  }
  return -1;
}

/// Append the names of the columns, "features, targets", or "none".
static inline void sp_data_form_list(const sp_data_form *form, sp_text *out) {
  for (int c = 0; c < form->columns; c++) sp_text_add(out, "%s%s", c > 0 ? ", " : "", form->column[c].name);
  if (form->columns == 0) sp_text_add(out, "none");
}

/// Returns whether the data set has column c, which may be -1.
static inline bool sp_data_form_has(const sp_data_form *form, int c) {
  return c >= 0 && form->column[c].shape.rank >= 0;
}

/// How a network uses a column.
typedef struct sp_column_use {
  bool read;        ///< its values are needed
  int64_t classes;  ///< deliver class numbers below this, as int32_t; 0: deliver values in the precision
} sp_column_use;

#endif
