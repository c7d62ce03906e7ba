// SPDX-License-Identifier: Apache-2.0
// Tables in CSV files: the options, and the two passes that the reading takes.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "import/cell.h"
#include "import/csv_check.h"
#include "import/csv_write.h"

// --- the passes ---------------------------------------------------------------------------------------------------

static sp_status read_twice(sp_csv_table *t, sp_input *input, sp_csv_dialect dialect) {
  const char *file = t->options->file;
  SP_TRY(sp_input_rewind(input));  // what cannot be read twice may have no end, and is refused before it is read once
  sp_text what = {0};
  sp_text_add(&what, "%s, first pass", file);
  sp_meter_begin(&t->import->progress, what.data, sp_input_file_size(input));
  sp_status status = sp_csv_read(input, dialect, sp_csv_check_row, t);
  sp_meter_end(&t->import->progress);
  sp_text_free(&what);
  SP_TRY(status);
  if (!t->past_header) return sp_fail(SP_ERR_DATA, "%s: found an empty file, expected a table", file);
  if (t->groups == 0) return sp_fail(SP_ERR_DATA, "%s: found no rows, expected at least one", file);
  if (sp_csv_columns_width(&t->columns, SP_CSV_COLUMN_FEATURE) == 0) {
    return sp_fail(SP_ERR_USAGE, "%s: no column is left for the features, expected at least one", file);
  }
  SP_TRY(sp_csv_add_datasets(t));
  SP_TRY(sp_input_rewind(input));
  t->past_header = false;
  sp_meter_begin(&t->import->progress, file, sp_input_file_size(input));
  SP_TRY(sp_csv_read(input, dialect, sp_csv_write_row, t));
  return sp_csv_flush(t);
}

// --- what may not be meant ----------------------------------------------------------------------------------------

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void say_equal_names(const sp_csv_table *t) {
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

static void say_column(const sp_csv_table *t, const sp_csv_column *c) {
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

/// Of whole numbers that span more than this, hardly any are classes.
static bool may_be_classes(const sp_csv_table *t) {
  enum { SPAN = 1000 };
  return !t->columns.class_targets && !t->fractions && t->least_target >= 0 && t->least_target <= t->most_target &&
         t->most_target - t->least_target < SPAN;
}

static void say(const sp_csv_table *t) {
  const char *file = t->options->file;
  if (t->dropped > 0) sp_warn("%s: %lld rows with missing values are left out", file, (long long)t->dropped);
  if (t->columns.targets == 0) sp_warn("%s: no --target is given: there are features only", file);
  bool from_zero = t->options->first_class > 0 || t->least_target < 1;
  if (t->columns.class_targets && !from_zero && t->least_target <= t->most_target) {
    sp_warn(
        "%s: classes run from %.0f to %.0f, and a loss counts them from 0: --first-class %.0f makes the first one 0",
        file, t->least_target, t->most_target, t->least_target);
  }
  if (may_be_classes(t)) {
    sp_info(
        "%s: the targets are whole numbers from %.0f to %.0f, stored as %s: if they are classes, --class-target "
        "stores them as integers, which softmax_cross_entropy needs",
        file, t->least_target, t->most_target, sp_dtype_name(t->dtype[1]));
  }
  say_equal_names(t);
  for (int64_t i = 0; i < t->columns.count; i++) say_column(t, &t->columns.column[i]);
}

// --- the format ---------------------------------------------------------------------------------------------------

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
    return sp_fail(SP_ERR_USAGE,
                   "--decimal: a comma cannot separate fields as well, expected another --separator, "
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
  sp_csv_table *t = NULL;
  sp_status status = sp_allocate(1, sizeof *t, "a table", &t);
  if (status == SP_OK) {
    *t = (sp_csv_table){.options = options,
                        .import = import,
                        .dtype = {dtype, dtype},
                        .least_target = INFINITY,
                        .most_target = -INFINITY};
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
    {.name = "file",
     .kind = SP_OPTION_STRING,
     .offset = AT(file),
     .unit = "file",
     .flags = SP_OPTION_POSITIONAL,
     .help = "the table"},
    {.name = "target",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(target),
     .unit = "columns",
     .flags = SP_OPTION_OPTIONAL,
     .help = "what is to be predicted"},
    {.name = "features",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(features),
     .unit = "columns",
     .flags = SP_OPTION_OPTIONAL,
     .help = "what it is predicted from (default: all other columns)"},
    {.name = "drop",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(drop),
     .unit = "columns",
     .flags = SP_OPTION_OPTIONAL,
     .help = "columns that are left out"},
    {.name = "categorical",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(categorical),
     .unit = "columns[=codes|=one-hot]",
     .flags = SP_OPTION_OPTIONAL,
     .help = "columns of words: one 0/1 value for each category (one-hot, default for features), or the category's "
             "number from 0 (codes, default for targets)"},
    {.name = "class_target",
     .kind = SP_OPTION_BOOL,
     .offset = AT(class_target),
     .preset = "false",
     .help = "targets are class numbers, stored as int64 (targets of categories with codes always are)"},
    {.name = "first_class",
     .kind = SP_OPTION_INT,
     .offset = AT(first_class),
     .preset = "0",
     .range = "[0, inf)",
     .unit = "label",
     .help = "with --class-target: the label that becomes class 0, 1 for labels that count from 1; losses count "
             "classes from 0"},
    {.name = "split",
     .kind = SP_OPTION_STRING,
     .offset = AT(split),
     .unit = "column",
     .flags = SP_OPTION_OPTIONAL,
     .help = "a column that says which group a row belongs to: rows with 'test' in it go to /test, and so on"},
    {.name = "missing",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(missing),
     .preset = "error",
     .range = "error|nan|drop-row",
     .help = "what to do with a missing value: stop, store NaN, or leave out the row"},
    {.name = "missing_values",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(missing_values),
     .unit = "[columns=]markers",
     .flags = SP_OPTION_OPTIONAL,
     .help = "what stands for a missing value as well, such as -999, or of some columns only: age=-1; several with "
             "commas between, or the option several times"},
    {.name = "dtype",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(dtype),
     .preset = "float32",
     .range = "float32|float64",
     .help = "type that numbers are stored in"},
    {.name = "separator",
     .kind = SP_OPTION_STRING,
     .offset = AT(separator),
     .preset = ",",
     .unit = "character",
     .help = "what stands between fields; tab for a tab"},
    {.name = "decimal",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(decimal),
     .preset = ".",
     .range = ".|,",
     .help = "the decimal mark of numbers; a comma needs another separator"},
    {.name = "quote",
     .kind = SP_OPTION_STRING,
     .offset = AT(quote),
     .preset = "\"",
     .unit = "character",
     .help = "what stands around a field that has separators or line ends in it"},
    {.name = "comment",
     .kind = SP_OPTION_STRING,
     .offset = AT(comment),
     .unit = "character",
     .flags = SP_OPTION_OPTIONAL,
     .help = "lines that begin with it are skipped"},
    {.name = "no_header",
     .kind = SP_OPTION_BOOL,
     .offset = AT(no_header),
     .preset = "false",
     .help = "the first line is a row, not the names of the columns; they are called column_1, column_2, …"},
    {0}};

const sp_import_format sp_import_csv = {
    .variant = {"csv", "tables as comma-separated values", options, sizeof(sp_import_csv_options)},
    .usage = "FILE --target COLUMNS",
    .details =
        "Reads a CSV file (RFC 4180, UTF-8), gzip'd or not, and makes /train/features (rows, values) and\n"
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
    .example =
        "shardprop import csv diamonds.csv.gz --target price --categorical cut,color,clarity --split split "
        "-o diamonds.h5",
    .run = run};
