// SPDX-License-Identifier: Apache-2.0
// The columns of a table, with their roles and encodings.
#include "import/csv_columns.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/names.h"
#include "import/cell.h"

enum { UNDECIDED = -1, NOT_THERE = -1, NOT_UNIQUE = -2 };

// --- names --------------------------------------------------------------------------------------------------------

/// Does the first line contain only numbers? Then it is probably a row, unless it counts the columns, as in tables
/// without column names.
static bool looks_like_values(const sp_import_csv_options *options, const sp_csv_row *first) {
  bool counts = true;
  double value = 0, begin = 0;
  for (int64_t i = 0; i < first->count; i++) {
    if (sp_cell_number(first->cell[i], options->decimal == SP_CSV_DECIMAL_COMMA ? ',' : '.', &value) != SP_CELL_NUMBER)
      return false;
    if (i == 0) begin = value;
    counts = counts && (begin == 0 || begin == 1) && value == begin + (double)i;
  }
  return !counts;
}

/// pandas and R write an index without a name; pandas names it "Unnamed: 0" when it reads such a file.
static bool is_unnamed(const char *name) {
  static const char pandas[] = "Unnamed: ";
  size_t length = sizeof pandas - 1;
  return !*name || (strncmp(name, pandas, length) == 0 && name[length + strspn(name + length, "0123456789")] == '\0');
}

static sp_status name_columns(const sp_import_csv_options *options, const sp_csv_row *first, sp_csv_columns *columns) {
  sp_text name = {0};
  sp_status status = SP_OK;
  for (int64_t i = 0; i < columns->count && status == SP_OK; i++) {
    name.size = 0;
    columns->column[i].unnamed = !options->no_header && is_unnamed(first->cell[i]);
    if (options->no_header || !*first->cell[i]) {
      sp_text_add(&name, "column_%lld", (long long)(i + 1));
    } else {
      sp_text_add(&name, "%s", first->cell[i]);
    }
    columns->column[i].name = strdup(name.data);
    if (!columns->column[i].name) status = sp_fail(SP_ERR_MEMORY, "%s: out of memory for column names", options->file);
    if (status == SP_OK && !sp_cell_utf8(name.data)) {
      status =
          sp_fail(SP_ERR_DATA, "%s:%lld: found the column name '%.40s', expected UTF-8 (convert the file with iconv)",
                  options->file, (long long)first->line, name.data);
    }
  }
  sp_text_free(&name);
  return status;
}

// --- the columns of an option --------------------------------------------------------------------------------------

/// Append " (did you mean 'price'?)", or nothing.
static sp_status add_nearest(const sp_csv_columns *columns, const char *text, size_t length, sp_text *out) {
  const char **name;
  SP_TRY(sp_allocate(columns->count, sizeof *name, "column names", &name));
  for (int64_t i = 0; i < columns->count; i++) name[i] = columns->column[i].name;
  sp_text wanted = {0};
  sp_text_append(&wanted, text, length);
  const char *nearest = sp_nearest_name(sp_text_string(&wanted), name, columns->count);
  if (nearest) sp_text_add(out, " (did you mean '%.60s'?)", nearest);
  sp_text_free(&wanted);
  free(name);
  return SP_OK;
}

static sp_status no_such_column(const sp_csv_columns *columns, const char *option, const char *text, size_t length) {
  enum { SHOWN = 20 };
  sp_text names = {0}, hint = {0};
  SP_TRY(add_nearest(columns, text, length, &hint));
  for (int64_t i = 0; i < columns->count && i < SHOWN; i++) {
    sp_text_add(&names, "%s%.60s", i > 0 ? ", " : "", columns->column[i].name);
  }
  if (columns->count > SHOWN) sp_text_add(&names, ", …");
  sp_status status =
      sp_fail(SP_ERR_USAGE, "--%s: found '%.*s'%s, expected one of the %lld columns (%s) or its number", option,
              (int)length, text, sp_text_string(&hint), (long long)columns->count, sp_text_string(&names));
  sp_text_free(&hint);
  sp_text_free(&names);
  return status;
}

static int64_t find_name(const sp_csv_columns *columns, const char *text, size_t length) {
  int64_t found = NOT_THERE;
  for (int64_t i = 0; i < columns->count; i++) {
    const char *name = columns->column[i].name;
    if (strlen(name) == length && memcmp(name, text, length) == 0) found = found == NOT_THERE ? i : NOT_UNIQUE;
  }
  return found;
}

/// Parse "3" or "3-7", counted from 1.
static bool parse_numbers(const char *text, size_t length, int64_t count, int64_t *first, int64_t *last) {
  char *end, copy[48];
  if (length >= sizeof copy || !isdigit((unsigned char)*text)) return false;
  memcpy(copy, text, length);
  copy[length] = '\0';
  *first = *last = strtoll(copy, &end, 10);
  if (*end == '-' && isdigit((unsigned char)end[1])) *last = strtoll(end + 1, &end, 10);
  return !*end && *first >= 1 && *first <= *last && *last <= count;
}

typedef sp_status (*each_column)(sp_csv_column *column, const char *option, const void *value);

/// Call `each` for the columns that a text selects: a name, a number, a range of numbers, or several of these,
/// separated by commas.
static sp_status select_columns(sp_csv_columns *columns, const char *option, const char *text, size_t length,
                                each_column each, const void *value) {
  int64_t first = find_name(columns, text, length), last = first;
  const char *comma = memchr(text, ',', length);
  if (first == NOT_UNIQUE) {
    return sp_fail(SP_ERR_USAGE, "--%s: several columns are named '%.*s', expected a column number", option,
                   (int)length, text);
  }
  if (first == NOT_THERE && comma) {
    size_t head = (size_t)(comma - text);
    SP_TRY(select_columns(columns, option, text, head, each, value));
    return select_columns(columns, option, comma + 1, length - head - 1, each, value);
  }
  if (first == NOT_THERE) {
    if (!parse_numbers(text, length, columns->count, &first, &last)) {
      return no_such_column(columns, option, text, length);
    }
    first--;
    last--;
  }
  for (int64_t i = first; i <= last; i++) SP_TRY(each(&columns->column[i], option, value));
  return SP_OK;
}

static sp_status set_role(sp_csv_column *column, const char *option, const void *value) {
  int role = *(const int *)value;
  if ((int)column->role != UNDECIDED && (int)column->role != role) {
    return sp_fail(SP_ERR_USAGE, "--%s: column '%.60s' already has another role", option, column->name);
  }
  column->role = (sp_csv_column_role)role;
  return SP_OK;
}

static sp_status set_encoding(sp_csv_column *column, const char *option, const void *value) {
  int encoding = *(const int *)value;
  if (column->role == SP_CSV_COLUMN_SPLIT || column->role == SP_CSV_COLUMN_DROPPED) {
    return sp_fail(SP_ERR_USAGE, "--%s: column '%.60s' is neither a feature nor a target", option, column->name);
  }
  if (encoding == UNDECIDED)
    encoding = column->role == SP_CSV_COLUMN_TARGET ? SP_CSV_COLUMN_CODES : SP_CSV_COLUMN_ONE_HOT;
  column->encoding = (sp_csv_column_encoding)encoding;
  return SP_OK;
}

// --- all options --------------------------------------------------------------------------------------------------

static sp_status set_roles(sp_csv_columns *columns, const char *option, const sp_strings *texts, int role) {
  for (int64_t i = 0; i < texts->count; i++) {
    SP_TRY(select_columns(columns, option, texts->item[i], strlen(texts->item[i]), set_role, &role));
  }
  return SP_OK;
}

static sp_status set_encodings(sp_csv_columns *columns, const sp_strings *texts) {
  static const struct {
    const char *suffix;
    int encoding;
  } encodings[] = {{"=codes", SP_CSV_COLUMN_CODES}, {"=one-hot", SP_CSV_COLUMN_ONE_HOT}, {"", UNDECIDED}};
  for (int64_t i = 0; i < texts->count; i++) {
    size_t length = strlen(texts->item[i]), e = 0, suffix = strlen(encodings[0].suffix);
    while (suffix > length || strcmp(texts->item[i] + length - suffix, encodings[e].suffix) != 0) {
      suffix = strlen(encodings[++e].suffix);
    }
    SP_TRY(
        select_columns(columns, "categorical", texts->item[i], length - suffix, set_encoding, &encodings[e].encoding));
  }
  return SP_OK;
}

/// Reject columns without a name to which no option has given a role: they would become features by accident. The
/// remedy contains the names assigned here, because a number may be the name of another column.
static sp_status check_unnamed(const sp_import_csv_options *options, const sp_csv_row *first,
                               const sp_csv_columns *columns) {
  enum { SHOWN = 20 };
  sp_text names = {0};
  int64_t count = 0, number = 0;
  for (int64_t i = columns->count - 1; i >= 0 && options->features.count == 0; i--) {
    const sp_csv_column *column = &columns->column[i];
    if (!column->unnamed || (int)column->role != UNDECIDED) continue;
    if (count++ < SHOWN) sp_text_add(&names, "%s%.60s", count > 1 ? "," : "", column->name);
    number = i + 1;
  }
  const char *list = sp_text_string(&names);
  sp_status status = SP_OK;
  if (count > 0) {
    status = sp_fail(SP_ERR_DATA,
                     "%s:%lld: found no name for column %lld, as in a table with an index written by pandas or R "
                     "(omit it with --drop '%s', or list all features with --features)",
                     options->file, (long long)first->line, (long long)number, list);
  }
  sp_text_free(&names);
  return status;
}

static void count_roles(sp_csv_columns *columns, bool all_others) {
  for (int64_t i = 0; i < columns->count; i++) {
    sp_csv_column *column = &columns->column[i];
    if ((int)column->role == UNDECIDED) column->role = all_others ? SP_CSV_COLUMN_FEATURE : SP_CSV_COLUMN_DROPPED;
    if (column->role == SP_CSV_COLUMN_TARGET) columns->targets++;
    if (column->role == SP_CSV_COLUMN_SPLIT) columns->split = i;
  }
}

/// Targets are class numbers if the options say so, or if all of them are categories with codes.
static sp_status decide_classes(const sp_import_csv_options *options, sp_csv_columns *columns) {
  bool all_codes = columns->targets > 0;
  for (int64_t i = 0; i < columns->count; i++) {
    const sp_csv_column *column = &columns->column[i];
    if (column->role != SP_CSV_COLUMN_TARGET) continue;
    if (options->first_class > 0 && column->encoding != SP_CSV_COLUMN_NUMBER) {
      return sp_fail(SP_ERR_USAGE, "--first-class: target '%.60s' is categorical, and its codes already begin at 0",
                     column->name);
    }
    all_codes = all_codes && column->encoding == SP_CSV_COLUMN_CODES;
    if (options->class_target && column->encoding == SP_CSV_COLUMN_ONE_HOT) {
      return sp_fail(SP_ERR_USAGE, "--class-target: target '%.60s' is one-hot, expected codes", column->name);
    }
  }
  if (options->first_class > 0 && !options->class_target) {
    return sp_fail(SP_ERR_USAGE, "--first-class: requires --class-target");
  }
  if (options->class_target && columns->targets == 0) {
    return sp_fail(SP_ERR_USAGE, "--class-target: requires --target");
  }
  columns->class_targets = options->class_target || all_codes;
  return SP_OK;
}

static sp_status add_marker(sp_csv_column *column, const char *option, const void *value) {
  (void)option;
  const sp_csv_marker *first = value;
  sp_csv_marker *marker;
  SP_TRY(sp_allocate(1, sizeof *marker, "a marker of missing values", &marker));
  *marker = *first;
  marker->next = column->missing;
  column->missing = marker;
  return SP_OK;
}

/// Set the markers of "-999", "-999,-1" or "age=-1,-2": for all columns, or for those named before '='.
static sp_status set_markers(const sp_import_csv_options *options, sp_csv_columns *columns) {
  for (int64_t i = 0; i < options->missing_values.count; i++) {
    const char *text = options->missing_values.item[i], *equals = strrchr(text, '=');
    const char *at = equals ? equals + 1 : text;
    for (size_t length; *at; at += length + (at[length] == ',')) {
      length = strcspn(at, ",");
      sp_csv_marker marker = {.number = NAN};
      if (length >= sizeof marker.text) {
        return sp_fail(SP_ERR_USAGE, "--missing-values: found '%.60s…', expected at most %zu characters", at,
                       sizeof marker.text - 1);
      }
      memcpy(marker.text, at, length);
      sp_cell_number(marker.text, '.', &marker.number);
      if (equals) {
        SP_TRY(select_columns(columns, "missing-values", text, (size_t)(equals - text), add_marker, &marker));
        continue;
      }
      for (int64_t k = 0; k < columns->count; k++) SP_TRY(add_marker(&columns->column[k], "missing-values", &marker));
    }
  }
  return SP_OK;
}

static sp_status apply(const sp_import_csv_options *options, const sp_csv_row *first, sp_csv_columns *columns) {
  SP_TRY(set_roles(columns, "target", &options->target, SP_CSV_COLUMN_TARGET));
  SP_TRY(set_roles(columns, "drop", &options->drop, SP_CSV_COLUMN_DROPPED));
  if (options->split) {
    size_t length = strlen(options->split);
    SP_TRY(select_columns(columns, "split", options->split, length, set_role, &(const int){SP_CSV_COLUMN_SPLIT}));
  }
  SP_TRY(set_roles(columns, "features", &options->features, SP_CSV_COLUMN_FEATURE));
  SP_TRY(check_unnamed(options, first, columns));
  count_roles(columns, options->features.count == 0);
  SP_TRY(set_encodings(columns, &options->categorical));
  SP_TRY(set_markers(options, columns));
  if (sp_csv_columns_width(columns, SP_CSV_COLUMN_SPLIT) > 1) {
    return sp_fail(SP_ERR_USAGE, "--split: '%s' selects several columns, expected one", options->split);
  }
  return decide_classes(options, columns);
}

/// Reject a single column that contains a common separator: the file probably has several columns.
static sp_status check_separator(const sp_import_csv_options *options, const sp_csv_row *first) {
  const char *cell = first->cell[0], *other = strpbrk(cell, ";\t|,");
  if (strncmp(cell, "sep=", 4) == 0 && first->count <= 2) {
    return sp_fail(SP_ERR_DATA,
                   "%s:%lld: found Excel's line '%.8s', expected the names of the columns (remove the line, "
                   "and set --separator)",
                   options->file, (long long)first->line, cell);
  }
  if (first->count > 1 || !other) return SP_OK;
  return sp_fail(SP_ERR_DATA,
                 "%s:%lld: found one column, '%.60s', expected several with '%s' between them "
                 "(--separator %s?)",
                 options->file, (long long)first->line, cell, options->separator,
                 *other == '\t'  ? "tab"
                 : *other == ';' ? "';'"
                 : *other == '|' ? "'|'"
                                 : ",");
}

sp_status sp_csv_columns_make(const sp_import_csv_options *options, const sp_csv_row *first, sp_csv_columns *out) {
  SP_TRY(check_separator(options, first));
  if (!options->no_header && looks_like_values(options, first)) {
    return sp_fail(SP_ERR_DATA,
                   "%s:%lld: found only numbers, expected the names of the columns (use --no-header if "
                   "there are none)",
                   options->file, (long long)first->line);
  }
  sp_csv_columns columns = {.count = first->count, .split = -1};
  SP_TRY(sp_allocate(first->count, sizeof *columns.column, "columns", &columns.column));
  for (int64_t i = 0; i < first->count; i++) columns.column[i].role = (sp_csv_column_role)UNDECIDED;
  sp_status status = name_columns(options, first, &columns);
  if (status == SP_OK) status = apply(options, first, &columns);
  if (status != SP_OK) {
    sp_csv_columns_free(&columns);
    return status;
  }
  *out = columns;
  return SP_OK;
}

void sp_csv_columns_free(sp_csv_columns *columns) {
  for (int64_t i = 0; i < columns->count; i++) {
    free(columns->column[i].name);
    for (sp_csv_marker *marker = columns->column[i].missing, *next; marker; marker = next) {
      next = marker->next;
      free(marker);
    }
    sp_categories_free(&columns->column[i].categories);
  }
  free(columns->column);
  *columns = (sp_csv_columns){0};
}

int64_t sp_csv_columns_width(const sp_csv_columns *columns, sp_csv_column_role role) {
  int64_t width = 0;
  for (int64_t i = 0; i < columns->count; i++) {
    const sp_csv_column *column = &columns->column[i];
    if (column->role == role) width += column->encoding == SP_CSV_COLUMN_ONE_HOT ? column->categories.count : 1;
  }
  return width;
}
