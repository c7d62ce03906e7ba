// SPDX-License-Identifier: Apache-2.0
// CSV tables: roles and encodings of columns, groups, missing values, quoting, the place of each error.
#include "import_files.h"

static sp_import_csv_options table_of(const char *text) {
  return (sp_import_csv_options){.file = make_file("t.csv", text, strlen(text)), .separator = ","};
}

static void one(sp_strings *strings, const char *text) {
  static const char *texts[16];
  static int next;
  next = (next + 1) % 16;
  texts[next] = text;
  *strings = (sp_strings){&texts[next], 1};
}

static void features_and_target(void **state) {
  (void)state;
  sp_import_csv_options options = table_of("a,b,price\n1,2.5,3\n-4e2,+.5,6.\n");
  one(&options.target, "price");
  const char *output = in_directory("plain.h5");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 2}, (double[]){1, 2.5, -400, 0.5});
  assert_dataset(output, "/train/targets", H5T_FLOAT, 4, 1, (hsize_t[]){2}, (double[]){3, 6});
  assert_texts(output, "/train/features", "columns", 2, (const char *[]){"a", "b"});
  assert_texts(output, "/train/targets", "columns", 1, (const char *[]){"price"});
  options.dtype = 1;
  one(&options.target, "2-3");
  one(&options.features, "1");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/features", H5T_FLOAT, 8, 2, (hsize_t[]){2, 1}, (double[]){1, -400});
  assert_dataset(output, "/train/targets", H5T_FLOAT, 8, 2, (hsize_t[]){2, 2}, (double[]){2.5, 3, 0.5, 6});
}

static void quoting_and_line_ends(void **state) {
  (void)state;
  static const char *const texts[] = {"\xEF\xBB\xBF\"a \"\"x\"\"\",\"b,\nc\",y\r\n1,\"2\",3\r\n\r\n  \r\n\"4\",5,\"6\"",
                                      "\"a \"\"x\"\"\",\"b,\nc\",y\n\n1 , 2,\t3\n4,5,6\n\n",
                                      "\"a \"\"x\"\"\",\"b,\nc\",y\r1,2,3\r4,5,6\r"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    sp_import_csv_options options = table_of(texts[i]);
    one(&options.target, "b,\nc");
    const char *output = in_directory("quoted.h5");
    assert_ok(import_into(output, &sp_import_csv, &options));
    assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 2}, (double[]){1, 3, 4, 6});
    assert_texts(output, "/train/features", "columns", 2, (const char *[]){"a \"x\"", "y"});
    assert_texts(output, "/train/targets", "columns", 1, (const char *[]){"b,\nc"});
  }
}

static void separators(void **state) {
  (void)state;
  static const struct {
    const char *separator, *text;
  } cases[] = {{";", "a;b\n1;2\n"},
               {"tab", "a\tb\n\n1\t2\n"},
               {"\\t", "a\tb\n1\t2\n"},
               {"|", "a|b\r\n1|2"},
               {" ", "a b\n1 2\n"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_import_csv_options options = table_of(cases[i].text);
    options.separator = cases[i].separator;
    assert_ok(import_into(in_directory("separated.h5"), &sp_import_csv, &options));
    assert_dataset(in_directory("separated.h5"), "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){1, 2},
                   (double[]){1, 2});
    assert_false(holds(in_directory("separated.h5"), "/train/targets"));
  }
  sp_import_csv_options options = table_of("a\n1\n");
  options.separator = ",,";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--separator: found ',,'");
  options.separator = "\"";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--separator");
}

static void categories_do_not_depend_on_the_order_of_rows(void **state) {
  (void)state;
  static const char *const texts[] = {"cut,n,class\nIdeal,10,b\nFair,9,a\nIdeal,9,c\n",
                                      "cut,n,class\nIdeal,9,c\nFair,9,a\nIdeal,10,b\n"};
  static const double features[][9] = {{0, 1, 1, 1, 0, 0, 0, 1, 0}, {0, 1, 0, 1, 0, 0, 0, 1, 1}},
                      targets[][3] = {{1, 0, 2}, {2, 0, 1}};
  for (int i = 0; i < 2; i++) {
    sp_import_csv_options options = table_of(texts[i]);
    one(&options.target, "class");
    options.categorical = (sp_strings){(const char *[]){"class,cut", "n=codes"}, 2};
    const char *output = in_directory("categories.h5");
    assert_ok(import_into(output, &sp_import_csv, &options));
    assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){3, 3}, features[i]);
    assert_dataset(output, "/train/targets", H5T_INTEGER, 8, 1, (hsize_t[]){3}, targets[i]);
    assert_texts(output, "/train/features", "columns", 3, (const char *[]){"cut=Fair", "cut=Ideal", "n"});
    assert_texts(output, "/train/features", "categories:n", 2, (const char *[]){"9", "10"});
    assert_texts(output, "/train/targets", "categories:class", 3, (const char *[]){"a", "b", "c"});
  }
}

static void targets_as_classes(void **state) {
  (void)state;
  sp_import_csv_options options = table_of("1,0\n2,9.0\n3,1e1\n");
  options.no_header = options.class_target = true;
  one(&options.target, "column_2");
  const char *output = in_directory("classes.h5");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/targets", H5T_INTEGER, 8, 1, (hsize_t[]){3}, (double[]){0, 9, 10});
  static const char *const wrong[] = {"1.5", "-1", "1e300", "9007199254740992", "9007199254740993"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char text[40];
    snprintf(text, sizeof text, "x,1\ny,%s\n", wrong[i]);
    options = table_of(text);
    options.no_header = options.class_target = true;
    one(&options.target, "2");
    one(&options.categorical, "1");
    assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "t.csv:2: column 'column_2': found '");
    assert_non_null(strstr(sp_error_message(), "expected a class: an integer of at least 0"));
  }
  one(&options.categorical, "2=one-hot");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--class-target: target 'column_2' is one-hot");
  options.class_target = false;
  one(&options.drop, "1");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "no column remains for the features");
  options.drop.count = 0;
  options.categorical = (sp_strings){(const char *[]){"2=one-hot", "1"}, 2};
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/targets", H5T_FLOAT, 4, 2, (hsize_t[]){2, 2}, (double[]){1, 0, 0, 1});
}

static void a_column_splits_the_rows(void **state) {
  (void)state;
  sp_import_csv_options options = table_of("x,split,y\n1,train,10\n2,test,20\n3,train,30\n4,validation,40\n");
  options.split = "split";
  one(&options.target, "y");
  const char *output = in_directory("split.h5");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 1}, (double[]){1, 3});
  assert_dataset(output, "/train/targets", H5T_FLOAT, 4, 1, (hsize_t[]){2}, (double[]){10, 30});
  assert_dataset(output, "/test/targets", H5T_FLOAT, 4, 1, (hsize_t[]){1}, (double[]){20});
  assert_dataset(output, "/validation/features", H5T_FLOAT, 4, 2, (hsize_t[]){1, 1}, (double[]){4});
  options = table_of("x,split\n1,a/b\n");
  options.split = "split";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA,
                      "t.csv:2: column 'split': found 'a/b', expected the name of a group");
  options = table_of("x,split\n1,\n");
  options.split = "split";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "t.csv:2: column 'split': found '', expected the name");
  options.split = "1-2";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "selects several columns");
}

static void missing_values(void **state) {
  (void)state;
  const char *text = "a,b,y\n1,,5\nNA,x,6\n2,x,nan\n3,z,7\n";
  sp_import_csv_options options = table_of(text);
  one(&options.target, "y");
  one(&options.categorical, "b");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA,
                      "t.csv:2: column 'b': found '', expected a value (--missing");
  options.missing = SP_CSV_MISSING_NAN;
  const char *output = in_directory("missing.h5");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){4, 3},
                 (double[]){1, NAN, NAN, NAN, 1, 0, 2, 1, 0, 3, 0, 1});
  assert_dataset(output, "/train/targets", H5T_FLOAT, 4, 1, (hsize_t[]){4}, (double[]){5, 6, NAN, 7});
  options.missing = SP_CSV_MISSING_DROP_ROW;
  assert_ok(import_into(output, &sp_import_csv, &options));  // and with its row goes the category x
  assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){1, 2}, (double[]){3, 1});
  assert_dataset(output, "/train/targets", H5T_FLOAT, 4, 1, (hsize_t[]){1}, (double[]){7});
  options.missing = SP_CSV_MISSING_NAN;
  options.class_target = true;
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "t.csv:4: column 'y': found 'nan', expected a class");
}

static void many_rows(void **state) {  // more than a block, in two groups, from a gzip'd file
  (void)state;
  enum { ROWS = 150000 };
  sp_text text = {0};
  double *values = calloc(ROWS, sizeof *values);
  sp_text_add(&text, "x,s\n");
  for (int i = 0; i < ROWS; i++) {
    sp_text_add(&text, "%d,%s\n", i, i % 2 ? "b" : "a");
    values[i % 2 * (ROWS / 2) + i / 2] = i;
  }
  sp_import_csv_options options = {
      .file = make_gzip_file("many.csv.gz", text.data, text.size), .separator = ",", .split = "s"};
  sp_text_free(&text);
  const char *output = in_directory("many.h5");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/a/features", H5T_FLOAT, 4, 2, (hsize_t[]){ROWS / 2, 1}, values);
  assert_dataset(output, "/b/features", H5T_FLOAT, 4, 2, (hsize_t[]){ROWS / 2, 1}, values + ROWS / 2);
  free(values);
}

static void wide_tables(void **state) {  // column names of more than 64 KiB, the limit of old attributes
  (void)state;
  enum { COLUMNS = 9000 };
  sp_text text = {0};
  double *values = calloc(COLUMNS, sizeof *values);
  for (int i = 0; i < COLUMNS; i++) sp_text_add(&text, "%scolumn_%d", i ? "," : "", i);
  for (int i = 0; i < COLUMNS; i++) sp_text_add(&text, "%s%d", i ? "," : "\n", i);
  for (int i = 0; i < COLUMNS; i++) values[i] = i;
  sp_import_csv_options options = table_of(text.data);
  sp_text_free(&text);
  assert_ok(import_into(in_directory("wide.h5"), &sp_import_csv, &options));
  assert_dataset(in_directory("wide.h5"), "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){1, COLUMNS}, values);
  free(values);
}

static void wrong_tables(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "t.csv: found an empty file"},
      {"\n\n  \n", "t.csv: found an empty file"},
      {"a,b\n", "t.csv: found no rows"},
      {"a,b\n1,2\n\n1,2,3\n", "t.csv:4: found 3 fields, expected 2"},
      {"a,b\n1\n", "t.csv:2: found 1 field, expected 2"},
      {"\"a\nx\",b\n1,abc\n", "t.csv:3: column 'b': found 'abc', expected a number"},
      {"a,b\r\n1,2\r\n1,0x10\r\n", "t.csv:3: column 'b': found '0x10', expected a number"},
      {"a,b\n1,inf\n", "found 'inf', expected a number"},
      {"a,b\n1,1 2\n", "found '1 2', expected a number"},
      {"a,b\n1,1e\n", "found '1e', expected a number"},
      {"a,b\n1,.\n", "found '.', expected a value (--missing nan"},
      {"a,b\n1,2,3\n", "found 3 fields, expected 2 (is the name of the column of row names missing"},
      {"a,b\n1,2,\n", "found 3 fields, expected 2 (the line ends with a separator)"},
      {"a,b\n\"1,234.5\",2\n", "t.csv:2: column 'a': found '1,234.5', expected a number without thousands"},
      {"a,b\n\"1,5\",2\n", "found '1,5', expected a number with a decimal point (use --decimal ','"},
      {"a,b\n1,2024-01-31\n", "column 'b': found '2024-01-31', expected a number (dates and times are not supported"},
      {"a,b\n1,12:30\n", "found '12:30', expected a number (dates and times"},
      {"a,b\n1,yes\n", "found 'yes', expected a number (--categorical accepts words"},
      {"a;b\n1,5;2\n", "t.csv:1: found one column, 'a;b', expected several with ',' between them (--separator ';'?)"},
      {"a\tb\n1\t2\n", "(--separator tab?)"},
      {"sep=;\na;b\n1;2\n", "t.csv:1: found Excel's line 'sep=;'"},
      {"PK\3\4xl/workbook.xml", "t.csv:1: found a ZIP archive or an Excel workbook"},
      {"BZh91AY", "t.csv:1: found a bzip2 file"},
      {"\"a\nx\",\"b\n\"\n1,2\n\n3,\"\n6,\n", "t.csv:6: found a quote that opens a field"},
      {"a,b\n1,1e39\n", "t.csv:2: column 'b': found '1e39', expected a number in the range of float32"},
      {"a,b\n1,1e999\n", "expected a number below 1.8e308"},
      {"a,b\n1,2\n3,4\"5\"\n", "t.csv:3: found a quote inside a field"},
      {"a,b\n1,2\n\"3,4\n5,6\n", "t.csv:3: found a quote that opens a field, but no closing quote"},
      {"5,3,5\n1,2,3\n", "t.csv:1: found only numbers, expected the names of the columns"},
      {"\xFF\xFE"
       "a",
       "t.csv:1: found UTF-16"},
      {"\xE9,b\n1,2\n", "t.csv:1: found the column name"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_import_csv_options options = table_of(cases[i].text);
    assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, cases[i].message);
  }
  sp_import_csv_options options = {.file = make_file("t.csv", "a\n1\0\n", 6), .separator = ","};
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "t.csv:2: found a NUL byte");
  options = table_of("a,b\n1,\xC3\x28\n");
  one(&options.categorical, "b");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "t.csv:2: column 'b': found '\\xc3(', expected UTF-8");
}

static void wrong_columns(void **state) {
  (void)state;
  const char *text = "a,b,b\n1,2,3\n";
  sp_import_csv_options options = table_of(text);
  one(&options.target, "price");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE,
                      "--target: found 'price', expected one of the 3 columns (a, b, b)");
  one(&options.target, "A,b");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE,
                      "--target: found 'A', expected one of");  // too short to tell
  options = table_of("carat,price,colour\n1,2,3\n");
  one(&options.target, "prise");
  assert_import_fails(
      &sp_import_csv, &options, SP_ERR_USAGE,
      "--target: found 'prise' (did you mean 'price'?), expected one of the 3 columns (carat, price, colour)");
  one(&options.target, "price");
  one(&options.drop, "Carat,color");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--drop: found 'Carat' (did you mean 'carat'?)");
  one(&options.drop, "carat");
  one(&options.categorical, "color=codes");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--categorical: found 'color' (did you mean 'colour'?)");
  options = table_of(text);
  static const char *const numbers[] = {"0", "4", "2-9", "3-2", "1x", "99999999999999999999", ""};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    one(&options.target, numbers[i]);
    assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "expected one of the 3 columns");
  }
  one(&options.target, "b");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--target: several columns are named 'b'");
  one(&options.target, "3");
  one(&options.drop, "a,3");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--drop: column 'b' already has another role");
  one(&options.drop, "a");
  one(&options.categorical, "a");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE,
                      "--categorical: column 'a' is neither a feature nor a target");
  options = table_of(text);
  options.class_target = true;
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--class-target: requires --target");
}

static void indexes(void **state) {  // as pandas and R write them
  (void)state;
  static const char *const texts[] = {",a,y\n0,5,6\n1,7,8\n", "\"\",\"a\",\"y\"\n\"x\",5,6\n\"z\",7,8\n",
                                      "Unnamed: 0,a,y\n1,5,6\n2,7,8\n"};
  const char *output = in_directory("index.h5");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    sp_import_csv_options options = table_of(texts[i]);
    one(&options.target, "y");
    assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA,
                        "t.csv:1: found no name for column 1, as in a table with an index");
    assert_non_null(
        strstr(sp_error_message(), i < 2 ? "omit it with --drop 'column_1'" : "omit it with --drop 'Unnamed: 0'"));
    one(&options.drop, "1");
    assert_ok(import_into(output, &sp_import_csv, &options));
    assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 1}, (double[]){5, 7});
    options.drop.count = 0;
    one(&options.features, "a");
    assert_ok(import_into(output, &sp_import_csv, &options));
    assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 1}, (double[]){5, 7});
  }
  sp_import_csv_options options = table_of(texts[0]);
  one(&options.features, "1,2");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 2}, (double[]){0, 5, 1, 7});
  options = table_of(",0,1\n0,5,6\n1,7,8\n");  // a number is the name of another column
  one(&options.drop, "column_1");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 2}, (double[]){5, 6, 7, 8});
  options = table_of("a,y,\n1,2,\n");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "found no name for column 3");
}

static void markers_of_missing_values(void **state) {
  (void)state;
  static const char *const words[] = {"NA",      "N/A",      "n/a",  "#N/A", "#N/A N/A", "#NA",  "<NA>",   "NaN",
                                      "nan",     "-NaN",     "-nan", "NULL", "null",     "None", "1.#IND", "-1.#IND",
                                      "1.#QNAN", "-1.#QNAN", "?",    ".",    "-",        "",     " "};
  const char *output;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    char text[64];
    output = in_directory("markers.h5");
    snprintf(text, sizeof text, "a,y\n%s,1\n-1.5,2\n", words[i]);
    sp_import_csv_options options = table_of(text);
    assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "expected a value (--missing nan");
    options.missing = SP_CSV_MISSING_NAN;
    assert_ok(import_into(output, &sp_import_csv, &options));
    assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 2}, (double[]){NAN, 1, -1.5, 2});
  }
  sp_import_csv_options options = table_of("a,b,c\n-999,-999.0,x\n-1,-1,unknown\n9,9,NA\n");
  options.missing = SP_CSV_MISSING_NAN;
  options.missing_values = (sp_strings){(const char *[]){"-999,unknown", "b=-1"}, 2};
  one(&options.categorical, "c=codes");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){3, 3},
                 (double[]){NAN, NAN, 1, -1, NAN, NAN, 9, 9, 0});
  one(&options.missing_values, "d=-1");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--missing-values: found 'd', expected one of the 3");
}

static void decimal_commas(void **state) {
  (void)state;
  sp_import_csv_options options = table_of(
      "\xEF\xBB\xBF"
      "a;b;c\r\n1,5;-,25e1;3\r\n-999,0;NA;7,\r\n");
  options.separator = ";";
  options.decimal = SP_CSV_DECIMAL_COMMA;
  options.missing = SP_CSV_MISSING_NAN;
  one(&options.missing_values, "-999");
  assert_ok(import_into(in_directory("comma.h5"), &sp_import_csv, &options));
  assert_dataset(in_directory("comma.h5"), "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 3},
                 (double[]){1.5, -2.5, 3, NAN, NAN, 7});
  options.file = make_file("t.csv", "a;b\n1.234,5;2\n", 15);
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "found '1.234,5', expected a number with a decimal comma");
  options.separator = ",";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--decimal: the comma is also the field separator");
}

static void labels_from_one(void **state) {
  (void)state;
  sp_import_csv_options options = table_of("a,y\n5,1\n6,3\n7,2\n");
  one(&options.target, "y");
  options.first_class = 1;
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--first-class: requires --class-target");
  options.class_target = true;
  assert_ok(import_into(in_directory("labels.h5"), &sp_import_csv, &options));
  assert_dataset(in_directory("labels.h5"), "/train/targets", H5T_INTEGER, 8, 1, (hsize_t[]){3}, (double[]){0, 2, 1});
  options.first_class = 2;
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA,
                      "t.csv:2: column 'y': found '1', expected a class: "
                      "an integer of at least 2, which is --first-class");
  one(&options.categorical, "y");
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--first-class: target 'y' is categorical");
}

static void comments_quotes_and_truths(void **state) {
  (void)state;
  const char *output = in_directory("dialect.h5");
  sp_import_csv_options options = table_of("# \"made\n#\n'a,b',c,d\n#1,2\n1,TRUE,'#3'\n2,false,4\n#");
  options.comment = "#";
  options.quote = "'";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "t.csv:5: column 'd': found '#3'");
  one(&options.drop, "d");
  assert_ok(import_into(output, &sp_import_csv, &options));
  assert_dataset(output, "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){2, 2}, (double[]){1, 1, 2, 0});
  assert_texts(output, "/train/features", "columns", 2, (const char *[]){"a,b", "c"});
  options.comment = "'";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "expected three different characters");
  options.comment = "##";
  assert_import_fails(&sp_import_csv, &options, SP_ERR_USAGE, "--comment: found '##', expected one character");
}

/// `size` bytes between two texts, in a gzip'd file.
static const char *make_bomb(const char *before, char byte, size_t size, const char *after) {
  sp_text text = {0};
  char block[4096];
  memset(block, byte, sizeof block);
  sp_text_add(&text, "%s", before);
  for (; size > 0; size -= sizeof block) sp_text_append(&text, block, sizeof block);
  sp_text_add(&text, "%s", after);
  const char *path = make_gzip_file("bomb.csv.gz", text.data, text.size);
  sp_text_free(&text);
  return path;
}

static void limits(void **state) {
  (void)state;
  enum { MIB = 1 << 20 };
  static const struct {
    const char *before;
    char byte;
    size_t size;
    const char *after, *message;
  } cases[] = {{"a,b\n1,", 'x', 65 * MIB, "\n", "bomb.csv.gz:2: found a row of more than 64 MiB, which is the limit"},
               {"a,b\n1,2\n3,\"", '\n', 65 * MIB, "\"\n", "bomb.csv.gz:3: found a quote that opens a field"},
               {"a,b\n", ',', MIB, "\n", "bomb.csv.gz:2: found a row of more than 1000000 fields"},
               {"a,b\n1,2\n", '\0', 64 * MIB, "", "bomb.csv.gz:3: found a NUL byte, expected text in UTF-8"},
               {"a,b\n1,", '\n', 2 * MIB, "3,4,5\n", "bomb.csv.gz:2: column 'b': found ''"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_import_csv_options options = {.file = make_bomb(cases[i].before, cases[i].byte, cases[i].size, cases[i].after),
                                     .separator = ","};
    assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, cases[i].message);
  }
  sp_import_csv_options options = {.file = "/dev/zero", .separator = ","};
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA,
                      "/dev/zero: is a pipe or a device, which cannot be read twice, expected a regular file: write");
}

static void headers_that_count(void **state) {  // as tables are written that had no names
  (void)state;
  sp_import_csv_options options = table_of("0,1,2\n5,6,7\n");
  assert_ok(import_into(in_directory("counted.h5"), &sp_import_csv, &options));
  assert_dataset(in_directory("counted.h5"), "/train/features", H5T_FLOAT, 4, 2, (hsize_t[]){1, 3},
                 (double[]){5, 6, 7});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(features_and_target),
      cmocka_unit_test(quoting_and_line_ends),
      cmocka_unit_test(separators),
      cmocka_unit_test(categories_do_not_depend_on_the_order_of_rows),
      cmocka_unit_test(targets_as_classes),
      cmocka_unit_test(a_column_splits_the_rows),
      cmocka_unit_test(missing_values),
      cmocka_unit_test(many_rows),
      cmocka_unit_test(wide_tables),
      cmocka_unit_test(wrong_tables),
      cmocka_unit_test(wrong_columns),
      cmocka_unit_test(headers_that_count),
      cmocka_unit_test(indexes),
      cmocka_unit_test(markers_of_missing_values),
      cmocka_unit_test(decimal_commas),
      cmocka_unit_test(labels_from_one),
      cmocka_unit_test(comments_quotes_and_truths),
      cmocka_unit_test(limits),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
