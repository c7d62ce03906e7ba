// SPDX-License-Identifier: Apache-2.0
// Import of CSV tables: the options, and the two passes over the file.
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
  SP_TRY(sp_input_rewind(input));  // an input that cannot be read twice may be endless, so it is rejected at once
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
    return sp_fail(SP_ERR_USAGE, "%s: no column remains for the features, expected at least one", file);
  }
  SP_TRY(sp_csv_add_datasets(t));
  SP_TRY(sp_input_rewind(input));
  t->past_header = false;
  sp_meter_begin(&t->import->progress, file, sp_input_file_size(input));
  SP_TRY(sp_csv_read(input, dialect, sp_csv_write_row, t));
  return sp_csv_flush(t);
}

// --- likely mistakes ----------------------------------------------------------------------------------------------

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
    sp_warn("%s: several columns are named '%.60s', and all of them are used", t->options->file, name[i]);
    break;
  }
  free(name);
}

static void say_column(const sp_csv_table *t, const sp_csv_column *c) {
  enum { TELLING_ROWS = 10 };
  if (c->counts && t->seen >= TELLING_ROWS) {
    sp_warn("%s: the feature '%.60s' counts the rows; if it is their index, omit it with --drop", t->options->file,
            c->name);
  }
  for (int64_t i = 0; i < c->categories.count; i++) {
    if (!sp_cell_missing(c->categories.word[i])) continue;
    sp_warn("%s: '%s' is a category of column '%.60s'; if it marks a missing value, use --missing-values '%s'",
            t->options->file, c->categories.word[i], c->name, c->categories.word[i]);
    break;
  }
}

/// Integers that span a larger range than this are unlikely to be classes.
static bool may_be_classes(const sp_csv_table *t) {
  enum { SPAN = 1000 };
  return !t->columns.class_targets && !t->fractions && t->least_target >= 0 && t->least_target <= t->most_target &&
         t->most_target - t->least_target < SPAN;
}

static void say(const sp_csv_table *t) {
  const char *file = t->options->file;
  char rows[SP_TEXT_COUNTED];
  if (t->dropped > 0) sp_warn("%s: omitted %s with missing values", file, sp_text_counted(t->dropped, "row", rows));
  if (t->columns.targets == 0) sp_warn("%s: no --target given; the output contains only features", file);
  bool from_zero = t->options->first_class > 0 || t->least_target < 1;
  if (t->columns.class_targets && !from_zero && t->least_target <= t->most_target) {
    sp_warn("%s: class labels range from %.0f to %.0f, but losses require classes from 0; use --first-class %.0f", file,
            t->least_target, t->most_target, t->least_target);
  }
  if (may_be_classes(t)) {
    sp_info(
        "%s: the targets are integers from %.0f to %.0f, stored as %s; if they are classes, use --class-target "
        "to store them as integers, as softmax_cross_entropy requires",
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
    return sp_fail(SP_ERR_USAGE, "--separator, --quote, --comment: expected three different characters");
  }
  if (options->decimal == SP_CSV_DECIMAL_COMMA && dialect.separator == ',') {
    return sp_fail(SP_ERR_USAGE,
                   "--decimal: the comma is also the field separator, expected another --separator, "
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
     .help = "CSV file to import"},
    {.name = "target",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(target),
     .unit = "columns",
     .flags = SP_OPTION_OPTIONAL,
     .help = "columns to predict"},
    {.name = "features",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(features),
     .unit = "columns",
     .flags = SP_OPTION_OPTIONAL,
     .help = "columns from which to predict (default: all other columns)"},
    {.name = "drop",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(drop),
     .unit = "columns",
     .flags = SP_OPTION_OPTIONAL,
     .help = "columns to omit"},
    {.name = "categorical",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(categorical),
     .unit = "columns[=codes|=one-hot]",
     .flags = SP_OPTION_OPTIONAL,
     .help =
         "columns that contain words; each becomes one 0/1 value per category (one-hot, default for features), or the "
         "number of the category, from 0 (codes, default for targets)"},
    {.name = "class_target",
     .kind = SP_OPTION_BOOL,
     .offset = AT(class_target),
     .preset = "false",
     .help = "store the targets as class numbers of type int64 (always the case for categorical targets with codes)"},
    {.name = "first_class",
     .kind = SP_OPTION_INT,
     .offset = AT(first_class),
     .preset = "0",
     .range = "[0, inf)",
     .unit = "label",
     .help =
         "with --class-target: label that becomes class 0; use 1 for labels that start at 1, because losses require "
         "classes from 0"},
    {.name = "split",
     .kind = SP_OPTION_STRING,
     .offset = AT(split),
     .unit = "column",
     .flags = SP_OPTION_OPTIONAL,
     .help = "column with the group of each row; rows with the value 'test' are written to /test, and so on"},
    {.name = "missing",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(missing),
     .preset = "error",
     .range = "error|nan|drop-row",
     .help = "treatment of missing values: stop with an error, store NaN, or omit the row"},
    {.name = "missing_values",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(missing_values),
     .unit = "[columns=]markers",
     .flags = SP_OPTION_OPTIONAL,
     .help = "additional markers of missing values, such as -999, or of certain columns: age=-1; separate several "
             "markers by commas, or repeat the option"},
    {.name = "dtype",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(dtype),
     .preset = "float32",
     .range = "float32|float64",
     .help = "type of the stored numbers"},
    {.name = "separator",
     .kind = SP_OPTION_STRING,
     .offset = AT(separator),
     .preset = ",",
     .unit = "character",
     .help = "field separator; 'tab' for a tab"},
    {.name = "decimal",
     .kind = SP_OPTION_CHOICE,
     .offset = AT(decimal),
     .preset = ".",
     .range = ".|,",
     .help = "decimal mark of numbers; a comma requires another separator"},
    {.name = "quote",
     .kind = SP_OPTION_STRING,
     .offset = AT(quote),
     .preset = "\"",
     .unit = "character",
     .help = "quotation mark around fields that contain separators or line breaks"},
    {.name = "comment",
     .kind = SP_OPTION_STRING,
     .offset = AT(comment),
     .unit = "character",
     .flags = SP_OPTION_OPTIONAL,
     .help = "first character of lines to skip"},
    {.name = "no_header",
     .kind = SP_OPTION_BOOL,
     .offset = AT(no_header),
     .preset = "false",
     .help = "the first line is a row, not the column names; the columns are named column_1, column_2, …"},
    {0}};

const sp_import_format sp_import_csv = {
    .variant = {"csv", "tables with comma-separated values", options, sizeof(sp_import_csv_options)},
    .usage = "FILE --target COLUMNS",
    .details =
        "Reads a CSV file (RFC 4180, UTF-8), optionally compressed with gzip, and creates /train/features\n"
        "(rows, values) and /train/targets (rows), or (rows, values) for several targets. COLUMNS is a name,\n"
        "a number from 1, a range such as 2-5, or several of these, separated by commas; the option may be\n"
        "repeated. Columns keep the order of the table.\n"
        "Categories are sorted, so that their order does not depend on the rows; the data sets have them and\n"
        "the names of the columns as attributes. TRUE and FALSE are read as 1 and 0. Missing values are\n"
        "empty fields, the markers of --missing-values and, in numeric columns, in upper or lower case: NA,\n"
        "N/A, #N/A, #N/A N/A, #NA, <NA>, NaN, -NaN, null, None, 1.#IND, 1.#QNAN, ?, . and -. A column with\n"
        "an empty name, such as an index written by pandas or R, requires --drop or --features. A row has at\n"
        "most 64 MiB and 1,000,000 fields. Numbers are rounded to --dtype: float32 represents integers\n"
        "exactly up to 2^24, float64 up to 2^53. Class labels are never rounded.",
    .example =
        "shardprop import csv diamonds.csv.gz --target price --categorical cut,color,clarity --split split "
        "-o diamonds.h5",
    .run = run};
