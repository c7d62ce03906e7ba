// SPDX-License-Identifier: Apache-2.0
// Assignments of the command line over a document.
#include "config/override.h"
#include "check.h"
#include "config/document.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "config/write.h"
#include "config_example.h"

static const char sample[] =
    "data: {file: a.h5}\n"
    "layers:\n"
    "  - dense: {units: 10}\n"
    "  - relu\n"
    "  - dense\n"
    "optimizer: rmsprop\n"
    "log:\n";

static sp_document *parse(const char *text) {
  sp_document *document = NULL;
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  return document;
}

static void assert_written(const sp_document *document, const char *expected) {
  sp_text text = {0};
  sp_document_write(document, &text);
  assert_string_equal(sp_text_string(&text), expected);
  sp_text_free(&text);
}

/// What a text becomes by one assignment.
static void assert_becomes(const char *text, const char *assignment, const char *expected) {
  sp_document *document = parse(text);
  assert_ok(sp_document_set(document, NULL, assignment));
  assert_written(document, expected);
  sp_document_free(document);
}

static void values_are_replaced_and_made(void **state) {
  (void)state;
  assert_becomes("a: 1\nb: 2\n", "a=3", "a: 3\nb: 2\n");
  assert_becomes("a: 1\nb: 2\n", "c=3", "a: 1\nb: 2\nc: 3\n");
  assert_becomes("a: 1\n", "b.c.d=x", "a: 1\nb:\n  c:\n    d: x\n");
  assert_becomes("a: {b: 1, c: 2}\n", "a.b=[1, {x: ~}]", "a:\n  b:\n  - 1\n  - x: null\n  c: 2\n");
  assert_becomes("a: [1, 2, 3]\n", "a[1]=x", "a: [1, x, 3]\n");
  assert_becomes("a: [[1, 2], {b: 3}]\n", "a[0][1]=9", "a:\n- [1, 9]\n- b: 3\n");
  assert_becomes("a: [[1, 2], {b: 3}]\n", "a[1].b=9", "a:\n- [1, 2]\n- b: 9\n");
  assert_becomes("a: 1\n", "a=", "a: null\n");
  assert_becomes("a: 1\n", "a='5'", "a: '5'\n");
  assert_becomes("a: 1\n", "a=b=c", "a: b=c\n");
  assert_becomes("a: {b: 1}\n", "a={c: 2}", "a:\n  c: 2\n");  // a value replaces as a whole
  assert_becomes("[1, 2]\n", "[0]=5", "[5, 2]\n");
  assert_becomes("a: &x {b: 1}\nc: *x\n", "c.b=2", "a:\n  b: 1\nc:\n  b: 2\n");  // an alias is a copy
}

static void bare_names_become_maps(void **state) {
  (void)state;
  assert_becomes("optimizer: rmsprop\n", "optimizer.rmsprop.lr=0.1", "optimizer:\n  rmsprop:\n    lr: 0.1\n");
  assert_becomes("optimizer: {rmsprop: ~}\n", "optimizer.rmsprop.lr=0.1", "optimizer:\n  rmsprop:\n    lr: 0.1\n");
  assert_becomes("layers: [relu, dense]\n", "layers[1].dense.units=64", "layers:\n- relu\n- dense:\n    units: 64\n");
  assert_becomes("optimizer: rmsprop\n", "optimizer.clip=1", "optimizer:\n  rmsprop: null\n  clip: 1\n");
  assert_becomes("a:\n", "a.b=1", "a:\n  b: 1\n");
}

static void overrides_reach_the_struct(void **state) {
  (void)state;
  sp_document *document = parse(sample), *resolved = NULL;
  assert_ok(sp_document_set(document, NULL, "optimizer.rmsprop.lr=0.01"));
  assert_ok(sp_document_set(document, NULL, "optimizer.rmsprop.lr=0.02"));
  assert_ok(sp_document_set(document, NULL, "layers[0].dense.units=20"));
  assert_ok(sp_document_set(document, NULL, "layers[2].dense.units=30"));
  assert_ok(sp_document_set(document, NULL, "data.file=[b.h5, c.h5]"));
  assert_ok(sp_document_set(document, NULL, "log.level=1"));
  assert_ok(sp_document_resolve(document, example_table, &resolved));
  sp_document_free(document);
  example e;
  sp_document_read(resolved, example_table, &e);
  assert_true(((const rmsprop_options *)e.optimizer.options)->lr == 0.02);
  assert_int_equal(((const dense_options *)e.layers.item[0].options)->units, 20);
  assert_int_equal(((const dense_options *)e.layers.item[2].options)->units, 30);
  assert_int_equal(e.data->file.count, 2);
  assert_int_equal(e.log->level, 1);
  assert_int_equal(sp_document_fail(resolved, "optimizer.rmsprop.lr", "too bold"), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), "--set optimizer.rmsprop.lr=0.02: optimizer.rmsprop.lr: too bold");
  sp_document_free(resolved);
}

typedef struct wrong {
  const char *assignment, *message;
} wrong;

static void wrong_assignments_change_nothing(void **state) {
  (void)state;
#define EXPECTED "expected path=value, like train.epochs=3 or model.layers[0].dense.units=64"
  static const wrong cases[] = {
      {"", "--set : " EXPECTED},
      {"train", "--set train: " EXPECTED},
      {"=3", "--set =3: " EXPECTED},
      {"a..b=3", "--set a..b=3: " EXPECTED},
      {"a[x]=3", "--set a[x]=3: " EXPECTED},
      {"a b=3", "--set a b=3: " EXPECTED},
      {"\xff=3", "--set \\xff=3: " EXPECTED},
      {"a.<<=3", "--set a.<<=3: " EXPECTED},
      {"a=\n\tb: 1", "--set a=\\n\\tb: 1: found character that cannot start any token (a tab; indent with spaces)"},
      {"a.=3", "--set a.=3: " EXPECTED},
      {"a.b=[1", "--set a.b=[1: did not find expected ',' or ']'"},
      {"a=!!int 5", "--set a=!!int 5: tags are not supported, got 'tag:yaml.org,2002:int'"},
      {"a={b: 1, b: 2}", "--set a={b: 1, b: 2}: b: duplicate key"},
      {"a=\xff", "--set a=\\xff: invalid leading UTF-8 octet"},
      {"layers[3]=relu", "--set layers[3]=relu: layers: expected a list with that index, got a list of 3 (x.yaml:2:1)"},
      {"layers.relu=1", "--set layers.relu=1: layers: expected a map, got a list of 3 (x.yaml:2:1)"},
      {"data[0]=1", "--set data[0]=1: data: expected a list with that index, got a map (x.yaml:1:1)"},
      {"[0]=1", "--set [0]=1: expected a list with that index, got a map (x.yaml:1:1)"},
      {"new[0]=1", "--set new[0]=1: new: expected a list, got nothing"},
      {"new.list[0].x=1", "--set new.list[0].x=1: new.list: expected a list, got nothing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_document *document = parse(sample), *untouched = parse(sample);
    assert_int_equal(sp_document_set(document, NULL, cases[i].assignment), SP_ERR_CONFIG);
    assert_string_equal(sp_error_message(), cases[i].message);
    sp_text text = {0};
    sp_document_write(untouched, &text);
    assert_written(document, text.data);
    sp_text_free(&text);
    sp_document_free(document);
    sp_document_free(untouched);
  }
}

static void wrong_values_name_the_assignment(void **state) {
  (void)state;
  static const wrong cases[] = {
      {"optimizer.rmsprop.lr=x",
       "--set optimizer.rmsprop.lr=x: optimizer.rmsprop.lr: expected a number in (0, inf), got 'x'"},
      {"trian.lanes=1", "--set trian.lanes=1: trian: unknown key (did you mean 'train'?)"},
      {"optimizer={sgd: ~, rmsprop: ~}",
       "--set optimizer={sgd: ~, rmsprop: ~}: optimizer: expected one of rmsprop, sgd, got 2 keys: 'sgd', 'rmsprop' "
       "(indent the options of a name deeper than the name)"},
      {"data.file=", "--set data.file=: data.file: missing, expected a string or a list of strings"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_document *document = parse("data: {file: a}\n"), *resolved = NULL;
    assert_ok(sp_document_set(document, NULL, cases[i].assignment));
    assert_int_equal(sp_document_resolve(document, example_table, &resolved), SP_ERR_CONFIG);
    assert_string_equal(sp_error_message(), cases[i].message);
    sp_document_free(document);
  }
}

static void another_variant_is_not_replaced_silently(void **state) {
  (void)state;
  sp_document *document = parse("data: {file: a}\noptimizer: {sgd: {lr: 1}}\n"), *resolved = NULL;
  assert_ok(sp_document_set(document, NULL, "optimizer.rmsprop.lr=0.1"));
  assert_fails(sp_document_resolve(document, example_table, &resolved), SP_ERR_CONFIG,
               "x.yaml:2:1: optimizer: expected one of rmsprop, sgd, got 2 keys: 'sgd', 'rmsprop'");
  assert_ok(sp_document_set(document, NULL, "optimizer={rmsprop: {lr: 0.1}}"));
  assert_ok(sp_document_resolve(document, example_table, &resolved));
  sp_document_free(document);
  sp_document_free(resolved);
}

static void limits_hold_for_overrides(void **state) {
  (void)state;
  sp_document *document = parse("a: 1\n");
  sp_text path = {0};
  for (int i = 0; i < 31; i++) sp_text_add(&path, "%sx", i ? "." : "");
  size_t size = path.size;
  sp_text_add(&path, "=[1]");
  assert_ok(sp_document_set(document, NULL, path.data));  // 31 maps and a list
  path.data[path.size = size] = '\0';
  sp_text_add(&path, "=[[1]]");
  assert_fails(sp_document_set(document, NULL, path.data), SP_ERR_CONFIG, ": nested more than 32 levels deep");
  path.data[path.size = size] = '\0';
  sp_text_add(&path, ".x.x=1");
  assert_fails(sp_document_set(document, NULL, path.data), SP_ERR_CONFIG, "expected path=value");
  sp_text_free(&path);

  sp_text large = {0};
  sp_text_add(&large, "b=[");
  for (int i = 0; i < 60000; i++) sp_text_add(&large, "1,");
  sp_text_add(&large, "]");
  assert_ok(sp_document_set(document, NULL, large.data));
  large.data[0] = 'c';
  assert_fails(sp_document_set(document, NULL, large.data), SP_ERR_CONFIG, "more than 100000 nodes");
  sp_text_free(&large);
  sp_document_free(document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_replaced_and_made),     cmocka_unit_test(bare_names_become_maps),
      cmocka_unit_test(overrides_reach_the_struct),       cmocka_unit_test(wrong_assignments_change_nothing),
      cmocka_unit_test(wrong_values_name_the_assignment), cmocka_unit_test(another_variant_is_not_replaced_silently),
      cmocka_unit_test(limits_hold_for_overrides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
