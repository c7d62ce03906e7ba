// Tables in CSV files: read twice, once to check every cell and to learn categories and sizes, once to write.
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "import/cell.h"
#include "import/csv_columns.h"

enum { GROUP_LIMIT = 100, BLOCK_BYTES = 1 << 20 };

/// Rows that go to the same data sets, /<name>/features and /<name>/targets, and the next block of them.
typedef struct group {
  char *name;
  int64_t rows, block_rows, filled;
  int dataset[2];
  void *block[2];  // features, targets
} group;

typedef struct table {
  const sp_import_csv_options *options;
  sp_import *import;
  sp_csv_columns columns;
  group group[GROUP_LIMIT];
  int64_t groups, dropped, seen;  // rows that are left out, and all of them
  double least_class, most_class;
  sp_dtype dtype[2];
  int64_t width[2];  // values of a row in each of the two data sets
  bool past_header;
} table;

// --- cells --------------------------------------------------------------------------------------------------------

static sp_status cell_failure(const table *t, const sp_csv_row *row, int64_t column, const char *expected) {
  return sp_fail(SP_ERR_DATA, "%s:%lld: column '%.60s': found '%.60s', expected %s", t->options->file,
                 (long long)row->line, t->columns.column[column].name, row->cell[column], expected);
}

static char decimal(const table *t) { return t->options->decimal == SP_CSV_DECIMAL_COMMA ? ',' : '.'; }

static bool is_marker(const table *t, const sp_csv_column *column, const char *cell) {
  double value = NAN;
  if (column->missing) sp_cell_number(cell, decimal(t), &value);
  for (const sp_csv_marker *marker = column->missing; marker; marker = marker->next) {
    if (strcmp(cell, marker->text) == 0 || value == marker->number) return true;
  }
  return false;
}

static bool is_missing(const table *t, const sp_csv_column *column, const char *cell) {
  if (column->role == SP_CSV_COLUMN_DROPPED) return false;
  if (column->role == SP_CSV_COLUMN_SPLIT) return !*cell;
  bool number = column->encoding == SP_CSV_COLUMN_NUMBER;
  return (number ? sp_cell_missing(cell) : !*cell) || is_marker(t, column, cell);  // "NA" may well be a category
}

static bool is_class(const table *t, const sp_csv_column *column) {
  return column->role == SP_CSV_COLUMN_TARGET && t->columns.class_targets;
}

static sp_status check_missing(const table *t, const sp_csv_row *row, int64_t column) {
  const sp_csv_column *c = &t->columns.column[column];
  if (c->role == SP_CSV_COLUMN_SPLIT) return cell_failure(t, row, column, "the name of a group, such as train");
  if (t->options->missing == SP_CSV_MISSING_ERROR) {
    return cell_failure(t, row, column, "a value (--missing nan stores NaN, --missing drop-row leaves out the row)");
  }
  return is_class(t, c) ? cell_failure(t, row, column, "a class (--missing drop-row leaves out the row)") : SP_OK;
}

/// What was expected where a number is not one.
static const char *explain_word(const table *t, const char *cell) {
  double value;
  if (decimal(t) == '.' && sp_cell_number(cell, ',', &value) == SP_CELL_NUMBER) {
    return "a number with a decimal point (--decimal , reads a decimal comma; thousands separators are not read)";
  }
  if (sp_cell_date(cell)) return "a number (dates and times are not read: convert them, or --drop leaves out a column)";
  if (sp_cell_grouped(cell)) {
    return decimal(t) == ',' ? "a number with a decimal comma (--decimal . reads a decimal point) and without thousands "
                               "separators" : "a number without thousands separators";
  }
  return "a number (--categorical takes words, --drop leaves out a column, --missing-values names what stands for a "
         "missing value)";
}

/// A column that counts the rows from 0 or 1 is most likely their index.
static void note_count(const table *t, sp_csv_column *c, double value) {
  if (t->seen == 0) c->counts = c->role == SP_CSV_COLUMN_FEATURE && (value == 0 || value == 1);
  if (t->seen == 0) c->first = value;
  c->counts = c->counts && value == c->first + (double)t->seen;
}

static sp_status check_class(table *t, const sp_csv_row *row, int64_t column, double value) {
  bool integer = value >= 0 && value < 0x1p53 && value == floor(value);  // from 2^53 on, integers have been rounded
  if (!integer) {
    return cell_failure(t, row, column, "a class: an integer of at least 0, below 2^53 (--categorical numbers any labels)");
  }
  if (value < (double)t->options->first_class) {
    return cell_failure(t, row, column, "a class: an integer of at least what --first-class says");
  }
  t->least_class = fmin(t->least_class, value);
  t->most_class = fmax(t->most_class, value);
  return SP_OK;
}

static sp_status check_number(table *t, const sp_csv_row *row, int64_t column) {
  double value = 0;
  switch (sp_cell_value(row->cell[column], decimal(t), &value)) {
    case SP_CELL_WORD: return cell_failure(t, row, column, explain_word(t, row->cell[column]));
    case SP_CELL_TOO_LARGE: return cell_failure(t, row, column, "a number below 1.8e308");
    case SP_CELL_NUMBER: break;
  }
  if (is_class(t, &t->columns.column[column])) return check_class(t, row, column, value);
  note_count(t, &t->columns.column[column], value);
  bool fits = t->dtype[0] == SP_FLOAT64 || isfinite((float)value);
  return fits ? SP_OK : cell_failure(t, row, column, "a number that float32 can hold (--dtype float64)");
}

static sp_status check_cell(table *t, const sp_csv_row *row, int64_t column) {
  sp_csv_column *c = &t->columns.column[column];
  if (c->role == SP_CSV_COLUMN_DROPPED) return SP_OK;
  if (is_missing(t, c, row->cell[column])) {
    c->counts = false;
    return check_missing(t, row, column);
  }
  if (c->role == SP_CSV_COLUMN_SPLIT) return SP_OK;
  if (c->encoding == SP_CSV_COLUMN_NUMBER) return check_number(t, row, column);
  return sp_context(sp_categories_add(&c->categories, row->cell[column]), "%s:%lld: column '%.60s'", t->options->file,
                    (long long)row->line, c->name);
}

// --- rows ---------------------------------------------------------------------------------------------------------

static bool drops(const table *t, const sp_csv_row *row) {
  if (t->options->missing != SP_CSV_MISSING_DROP_ROW) return false;
  for (int64_t i = 0; i < row->count; i++) {
    const sp_csv_column *c = &t->columns.column[i];
    if (c->role != SP_CSV_COLUMN_SPLIT && is_missing(t, c, row->cell[i])) return true;
  }
  return false;
}

static const char *group_name(const table *t, const sp_csv_row *row) {
  return t->columns.split < 0 ? "train" : row->cell[t->columns.split];
}

static group *find_group(table *t, const char *name) {
  for (int64_t i = 0; i < t->groups; i++) {
    if (strcmp(t->group[i].name, name) == 0) return &t->group[i];
  }
  return NULL;
}

static sp_status add_group(table *t, const sp_csv_row *row) {
  const char *name = group_name(t, row);
  if (t->groups == GROUP_LIMIT) return cell_failure(t, row, t->columns.split, "at most 100 different groups");
  if (name[0] == '.' || strchr(name, '/') || !sp_cell_utf8(name)) {
    return cell_failure(t, row, t->columns.split, "the name of a group, without '/' and no '.' in front, in UTF-8");
  }
  char *copy = strdup(name);
  if (!copy) return sp_fail(SP_ERR_MEMORY, "%s: no memory for a group", t->options->file);
  t->group[t->groups++] = (group){.name = copy};
  return SP_OK;
}

/// The first row makes the columns; it is done with when it holds their names.
static sp_status take_first(table *t, const sp_csv_row *row, bool *done) {
  *done = !t->past_header && !t->options->no_header;
  if (!t->past_header) SP_TRY(sp_csv_columns_make(t->options, row, &t->columns));
  t->past_header = true;
  return SP_OK;
}

static sp_status row_failure(const table *t, const sp_csv_row *row) {
  bool longer = row->count == t->columns.count + 1;
  const char *hint = !longer ? ""
                     : !*row->cell[row->count - 1] ? " (a separator stands at the end of the line)"
                     : t->seen == 0 ? " (does the first line lack a name for the row names? In R: col.names = NA)" : "";
  return sp_fail(SP_ERR_DATA, "%s:%lld: found %lld fields, expected %lld%s", t->options->file, (long long)row->line,
                 (long long)row->count, (long long)t->columns.count, hint);
}

static sp_status scan_row(const sp_csv_row *row, void *context) {
  table *t = context;
  bool done;
  SP_TRY(take_first(t, row, &done));
  if (done) return SP_OK;
  if (row->count != t->columns.count) return row_failure(t, row);
  if (drops(t, row)) {
    t->dropped++;
    t->seen++;
    return SP_OK;
  }
  for (int64_t i = 0; i < row->count; i++) SP_TRY(check_cell(t, row, i));
  if (!find_group(t, group_name(t, row))) SP_TRY(add_group(t, row));
  find_group(t, group_name(t, row))->rows++;
  t->seen++;
  return SP_OK;
}

// --- values -------------------------------------------------------------------------------------------------------

static void store(void *block, sp_dtype dtype, int64_t at, double value) {
  if (dtype == SP_INT64) {
    ((int64_t *)block)[at] = (int64_t)value;
  } else if (dtype == SP_FLOAT64) {
    ((double *)block)[at] = value;
  } else {
    ((float *)block)[at] = (float)value;
  }
}

/// Store a cell as one value or, one-hot, as many; false when it is not what it was the first time.
static bool encode(const table *t, const sp_csv_column *column, const char *cell, void *block, sp_dtype dtype,
                   int64_t *at) {
  double value = NAN;
  bool missing = is_missing(t, column, cell), number = column->encoding == SP_CSV_COLUMN_NUMBER;
  int64_t category = number || missing ? -1 : sp_categories_find(&column->categories, cell);
  if (number && !missing && sp_cell_value(cell, decimal(t), &value) != SP_CELL_NUMBER) return false;
  if (number && is_class(t, column)) value -= (double)t->options->first_class;
  if (!number && !missing && category < 0) return false;
  if (column->encoding != SP_CSV_COLUMN_ONE_HOT) {
    store(block, dtype, (*at)++, category >= 0 ? (double)category : value);
    return true;
  }
  for (int64_t i = 0; i < column->categories.count; i++) {
    store(block, dtype, (*at)++, missing ? (double)NAN : i == category ? 1.0 : 0.0);
  }
  return true;
}

static sp_status flush(table *t, group *g) {
  for (int part = 0; part < 2; part++) {
    if (t->width[part] > 0) SP_TRY(sp_hdf5_writer_append(t->import->writer, g->dataset[part], g->block[part], g->filled));
  }
  g->filled = 0;
  return SP_OK;
}

static sp_status write_row(const sp_csv_row *row, void *context) {
  table *t = context;
  if (!t->past_header) {
    t->past_header = true;
    if (!t->options->no_header) return SP_OK;
  }
  if (row->count == t->columns.count && drops(t, row)) return SP_OK;
  group *g = row->count == t->columns.count ? find_group(t, group_name(t, row)) : NULL;
  bool same = g != NULL;
  int64_t at[2] = {g ? g->filled * t->width[0] : 0, g ? g->filled * t->width[1] : 0};
  for (int64_t i = 0; i < row->count && same; i++) {
    const sp_csv_column *c = &t->columns.column[i];
    if (c->role != SP_CSV_COLUMN_FEATURE && c->role != SP_CSV_COLUMN_TARGET) continue;
    int part = c->role == SP_CSV_COLUMN_TARGET;
    same = encode(t, c, row->cell[i], g->block[part], t->dtype[part], &at[part]);
  }
  if (!same) {
    return sp_fail(SP_ERR_DATA, "%s:%lld: found another row than before: the file changed while it was read",
                   t->options->file, (long long)row->line);
  }
  return ++g->filled == g->block_rows ? flush(t, g) : SP_OK;
}

// --- data sets ----------------------------------------------------------------------------------------------------

/// Names of the values of a data set, "carat" or "cut=Ideal", and the categories of each column that has any.
static sp_status describe(const table *t, int dataset, sp_csv_column_role role, int64_t width) {
  sp_hdf5_writer *writer = t->import->writer;
  sp_arena *arena = sp_arena_create();
  const char **name = sp_arena_allocate(arena, (size_t)width * sizeof *name);
  int64_t at = 0;
  sp_status status = SP_OK;
  for (int64_t i = 0; i < t->columns.count && status == SP_OK; i++) {
    const sp_csv_column *c = &t->columns.column[i];
    if (c->role != role) continue;
    if (c->encoding != SP_CSV_COLUMN_ONE_HOT) name[at++] = c->name;
    for (int64_t k = 0; k < c->categories.count && c->encoding == SP_CSV_COLUMN_ONE_HOT; k++) {
      name[at++] = sp_arena_format(arena, "%s=%s", c->name, c->categories.word[k]);
    }
    if (c->categories.count > 0) {
      const char *attribute = sp_arena_format(arena, "categories:%s", c->name);
      const char *const *word = (const char *const *)c->categories.word;
      status = sp_hdf5_writer_texts(writer, dataset, attribute, word, c->categories.count);
    }
  }
  if (status == SP_OK) status = sp_hdf5_writer_texts(writer, dataset, "columns", name, width);
  sp_arena_free(arena);
  return status == SP_OK ? sp_hdf5_writer_text(writer, dataset, "source", t->options->file) : status;
}

static sp_status add_dataset(table *t, group *g, int part) {
  static const char *const names[] = {"features", "targets"};
  sp_csv_column_role role = part ? SP_CSV_COLUMN_TARGET : SP_CSV_COLUMN_FEATURE;
  sp_shape sample = {.rank = part && t->columns.targets == 1 && t->width[1] == 1 ? 0 : 1, .extent = {t->width[part]}};
  sp_text name = {0};
  sp_text_add(&name, "/%s/%s", g->name, names[part]);
  sp_status status =
      sp_hdf5_writer_add(t->import->writer, name.data, t->dtype[part], &sample, g->rows, &g->dataset[part]);
  sp_text_free(&name);
  SP_TRY(status);
  SP_TRY(describe(t, g->dataset[part], role, t->width[part]));
  return sp_allocate(g->block_rows * t->width[part], sp_dtype_size(t->dtype[part]), "a block of rows", &g->block[part]);
}

static sp_status add_datasets(table *t) {
  t->width[0] = sp_csv_columns_width(&t->columns, SP_CSV_COLUMN_FEATURE);
  t->width[1] = sp_csv_columns_width(&t->columns, SP_CSV_COLUMN_TARGET);
  if (t->columns.class_targets) t->dtype[1] = SP_INT64;
  int64_t row_bytes = 8 * (t->width[0] + t->width[1]);
  int64_t block_rows = row_bytes < BLOCK_BYTES ? BLOCK_BYTES / row_bytes : 1;
  for (group *g = t->group; g < t->group + t->groups; g++) {
    g->block_rows = block_rows < g->rows ? block_rows : g->rows;
    for (int part = 0; part < 2; part++) {
      if (t->width[part] > 0) SP_TRY(add_dataset(t, g, part));
    }
  }
  return SP_OK;
}

// --- the format ---------------------------------------------------------------------------------------------------

static sp_status read_twice(table *t, sp_input *input, sp_csv_dialect dialect) {
  const char *file = t->options->file;
  SP_TRY(sp_input_rewind(input));  // what cannot be read twice may have no end, and is refused before it is read once
  sp_text what = {0};
  sp_text_add(&what, "%s, first pass", file);
  sp_meter_begin(&t->import->progress, what.data, sp_input_file_size(input));
  sp_status status = sp_csv_read(input, dialect, scan_row, t);
  sp_meter_end(&t->import->progress);
  sp_text_free(&what);
  SP_TRY(status);
  if (!t->past_header) return sp_fail(SP_ERR_DATA, "%s: found an empty file, expected a table", file);
  if (t->groups == 0) return sp_fail(SP_ERR_DATA, "%s: found no rows, expected at least one", file);
  if (sp_csv_columns_width(&t->columns, SP_CSV_COLUMN_FEATURE) == 0) {
    return sp_fail(SP_ERR_USAGE, "%s: no column is left for the features, expected at least one", file);
  }
  SP_TRY(add_datasets(t));
  SP_TRY(sp_input_rewind(input));
  t->past_header = false;
  sp_meter_begin(&t->import->progress, file, sp_input_file_size(input));
  SP_TRY(sp_csv_read(input, dialect, write_row, t));
  for (int64_t i = 0; i < t->groups; i++) SP_TRY(flush(t, &t->group[i]));
  return SP_OK;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void say_equal_names(const table *t) {
  char **name;
  int64_t count = 0;
  if (sp_allocate(t->columns.count, sizeof *name, "column names", &name) != SP_OK) return;
  for (int64_t i = 0; i < t->columns.count; i++) {
    if (t->columns.column[i].role != SP_CSV_COLUMN_DROPPED) name[count++] = t->columns.column[i].name;
  }
  qsort(name, (size_t)count, sizeof *name, compare_names);
  for (int64_t i = 1; i < count; i++) {
    if (strcmp(name[i - 1], name[i]) != 0) continue;
    sp_warn("%s: several columns are called '%.60s', and all of them are used", t->options->file, name[i]);
    break;
  }
  free(name);
}

static void say_column(const table *t, const sp_csv_column *c) {
  enum { TELLING_ROWS = 10 };
  if (c->counts && t->seen >= TELLING_ROWS) {
    sp_warn("%s: the feature '%.60s' counts the rows: if it is their index, --drop leaves it out", t->options->file,
            c->name);
  }
  for (int64_t i = 0; i < c->categories.count; i++) {
    if (!sp_cell_missing(c->categories.word[i])) continue;
    sp_warn("%s: '%s' is a category of column '%.60s': if it stands for a missing value, give --missing-values '%s'",
            t->options->file, c->categories.word[i], c->name, c->categories.word[i]);
    break;
  }
}

static void say(const table *t) {
  const char *file = t->options->file;
  if (t->dropped > 0) sp_warn("%s: %lld rows with missing values are left out", file, (long long)t->dropped);
  if (t->columns.targets == 0) sp_warn("%s: no --target is given: there are features only", file);
  if (t->options->first_class == 0 && t->least_class >= 1 && t->least_class <= t->most_class) {
    sp_warn("%s: classes run from %.0f to %.0f, and a loss counts them from 0: --first-class %.0f makes the first one 0",
            file, t->least_class, t->most_class, t->least_class);
  }
  say_equal_names(t);
  for (int64_t i = 0; i < t->columns.count; i++) say_column(t, &t->columns.column[i]);
}

static sp_status parse_character(const char *option, const char *text, bool tab, char *out) {
  *out = tab && (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0) ? '\t' : text[0];
  bool fits = (text[0] && !text[1]) || *out == '\t';
  if (fits && !strchr("\r\n", *out) && (unsigned char)*out < 0x80) return SP_OK;
  return sp_fail(SP_ERR_USAGE, "--%s: found '%s', expected one character%s", option, text, tab ? ", or tab" : "");
}

static sp_status parse_dialect(const sp_import_csv_options *options, sp_csv_dialect *out) {
  sp_csv_dialect dialect = {.quote = '"'};
  SP_TRY(parse_character("separator", options->separator, true, &dialect.separator));
  if (options->quote) SP_TRY(parse_character("quote", options->quote, false, &dialect.quote));
  if (options->comment) SP_TRY(parse_character("comment", options->comment, false, &dialect.comment));
  if (dialect.separator == dialect.quote || dialect.comment == dialect.separator || dialect.comment == dialect.quote) {
    return sp_fail(SP_ERR_USAGE, "--separator, --quote, --comment: expected different characters");
  }
  if (options->decimal == SP_CSV_DECIMAL_COMMA && dialect.separator == ',') {
    return sp_fail(SP_ERR_USAGE, "--decimal: a comma cannot separate fields as well, expected another --separator, "
                   "such as ';'");
  }
  *out = dialect;
  return SP_OK;
}

static sp_status run(const void *given, sp_import *import) {
  const sp_import_csv_options *options = given;
  sp_dtype dtype = options->dtype == SP_CSV_FLOAT64 ? SP_FLOAT64 : SP_FLOAT32;
  sp_csv_dialect dialect;
  sp_input *input;
  SP_TRY(parse_dialect(options, &dialect));
  SP_TRY(sp_hdf5_writer_check_input(import->writer, options->file));
  SP_TRY(sp_input_open(options->file, &import->progress, &input));
  table *t = NULL;
  sp_status status = sp_allocate(1, sizeof *t, "a table", &t);
  if (status == SP_OK) {
    *t = (table){.options = options, .import = import, .dtype = {dtype, dtype}, .least_class = INFINITY,
                 .most_class = -INFINITY};
    status = read_twice(t, input, dialect);
    if (status == SP_OK) say(t);
    for (int64_t i = 0; i < t->groups; i++) {
      free(t->group[i].name);
      free(t->group[i].block[0]);
      free(t->group[i].block[1]);
    }
    sp_csv_columns_free(&t->columns);
  }
  free(t);
  sp_input_close(input);
  return status;
}

#define AT(member) offsetof(sp_import_csv_options, member)
static const sp_option options[] = {
    {.name = "file", .kind = SP_OPTION_STRING, .offset = AT(file), .unit = "file",
     .flags = SP_OPTION_POSITIONAL, .help = "the table"},
    {.name = "target", .kind = SP_OPTION_STRINGS, .offset = AT(target), .unit = "columns", .flags = SP_OPTION_OPTIONAL,
     .help = "what is to be predicted"},
    {.name = "features", .kind = SP_OPTION_STRINGS, .offset = AT(features), .unit = "columns",
     .flags = SP_OPTION_OPTIONAL, .help = "what it is predicted from (default: all other columns)"},
    {.name = "drop", .kind = SP_OPTION_STRINGS, .offset = AT(drop), .unit = "columns", .flags = SP_OPTION_OPTIONAL,
     .help = "columns that are left out"},
    {.name = "categorical", .kind = SP_OPTION_STRINGS, .offset = AT(categorical), .unit = "columns[=codes|=one-hot]",
     .flags = SP_OPTION_OPTIONAL,
     .help = "columns of words: one 0/1 value for each category (one-hot, default for features), or the category's "
             "number from 0 (codes, default for targets)"},
    {.name = "class_target", .kind = SP_OPTION_BOOL, .offset = AT(class_target), .preset = "false",
     .help = "targets are class numbers, stored as int64 (targets of categories with codes always are)"},
    {.name = "first_class", .kind = SP_OPTION_INT, .offset = AT(first_class), .preset = "0", .range = "[0, inf)",
     .unit = "label",
     .help = "with --class-target: the label that becomes class 0, 1 for labels that count from 1; losses count "
             "classes from 0"},
    {.name = "split", .kind = SP_OPTION_STRING, .offset = AT(split), .unit = "column", .flags = SP_OPTION_OPTIONAL,
     .help = "a column that says which group a row belongs to: rows with 'test' in it go to /test, and so on"},
    {.name = "missing", .kind = SP_OPTION_CHOICE, .offset = AT(missing), .preset = "error",
     .range = "error|nan|drop-row",
     .help = "what to do with a missing value: stop, store NaN, or leave out the row"},
    {.name = "missing_values", .kind = SP_OPTION_STRINGS, .offset = AT(missing_values),
     .unit = "[columns=]markers", .flags = SP_OPTION_OPTIONAL,
     .help = "what stands for a missing value as well, such as -999, or of some columns only: age=-1; several with "
             "commas between, or the option several times"},
    {.name = "dtype", .kind = SP_OPTION_CHOICE, .offset = AT(dtype), .preset = "float32", .range = "float32|float64",
     .help = "type that numbers are stored in"},
    {.name = "separator", .kind = SP_OPTION_STRING, .offset = AT(separator), .preset = ",", .unit = "character",
     .help = "what stands between fields; tab for a tab"},
    {.name = "decimal", .kind = SP_OPTION_CHOICE, .offset = AT(decimal), .preset = ".", .range = ".|,",
     .help = "the decimal mark of numbers; a comma needs another separator"},
    {.name = "quote", .kind = SP_OPTION_STRING, .offset = AT(quote), .preset = "\"", .unit = "character",
     .help = "what stands around a field that has separators or line ends in it"},
    {.name = "comment", .kind = SP_OPTION_STRING, .offset = AT(comment), .unit = "character",
     .flags = SP_OPTION_OPTIONAL, .help = "lines that begin with it are skipped"},
    {.name = "no_header", .kind = SP_OPTION_BOOL, .offset = AT(no_header), .preset = "false",
     .help = "the first line is a row, not the names of the columns; they are called column_1, column_2, …"},
    {0}};

const sp_import_format sp_import_csv = {
    .variant = {"csv", "tables as comma-separated values", options, sizeof(sp_import_csv_options)},
    .usage = "FILE --target COLUMNS",
    .details = "Reads a CSV file (RFC 4180, UTF-8), gzip'd or not, and makes /train/features (rows, values) and\n"
               "/train/targets (rows), or (rows, values) for several. COLUMNS is a name, a number from 1, a range\n"
               "such as 2-5, or several of these with commas between; the option may also be given several times.\n"
               "Columns keep the order of the table.\n"
               "Categories are sorted, so that their order does not depend on the rows; they and the names of the\n"
               "columns are attributes of the data sets. TRUE and FALSE are read as 1 and 0. Missing are empty\n"
               "fields, what --missing-values names and, among numbers, in upper or lower case: NA, N/A, #N/A,\n"
               "#N/A N/A, #NA, <NA>, NaN, -NaN, null, None, 1.#IND, 1.#QNAN, ?, . and -. A column whose name is\n"
               "empty, as that of an index of pandas or R, needs --drop or --features. A row has at most 64 MiB and\n"
               "1,000,000 fields. Numbers are rounded to --dtype: float32 holds whole numbers exactly up to 2^24,\n"
               "float64 up to 2^53. Class labels are never rounded.",
    .example = "shardprop import csv diamonds.csv.gz --target price --categorical cut,color,clarity --split split "
               "-o diamonds.h5",
    .run = run};
