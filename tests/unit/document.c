// SPDX-License-Identifier: Apache-2.0
// Valid documents: read into structs, found by path, written, and compared by meaning.
#include "document.h"

#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "config/write.h"
#include "config_example.h"

#define DATA "data: {file: a}\n"

static sp_document *parse(const char *text) {
  sp_document *document = NULL;
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  return document;
}

static sp_document *resolve(const char *text) { return resolve_with(example_table, text); }

// --- reading -------------------------------------------------------------------------------------------------------

static void everything_is_read(void **state) {
  (void)state;
  sp_document *resolved = resolve(example_text);
  example e;
  sp_document_read(resolved, example_table, &e);
  assert_string_equal(e.name, "fashion: a run");
  assert_int_equal(e.data->file.count, 2);
  assert_string_equal(e.data->file.item[0], "a.h5");
  assert_string_equal(e.data->file.item[1], "b*.h5");
  assert_string_equal(e.data->features, "/train/images");
  assert_int_equal(e.data->shuffle, 1);
  assert_int_equal(e.input.rank, 2);
  assert_int_equal(e.input.extent[1], 28);
  assert_int_equal(e.layers.count, 4);
  assert_ptr_equal(e.layers.item[0].type, &dense_variant);
  assert_string_equal(e.layers.item[0].path, "layers[0]");
  const dense_options *dense = e.layers.item[0].options;
  assert_int_equal(dense->units, 100);
  assert_false(dense->bias);
  assert_ptr_equal(e.layers.item[1].type, &relu_variant);
  assert_null(e.layers.item[1].options);
  const residual_options *outer = e.layers.item[2].options;
  assert_true(outer->scale == 0.5);
  const dense_options *alias = outer->layers.item[0].options;
  assert_int_equal(alias->units, 100);
  assert_string_equal(outer->layers.item[1].path, "layers[2].residual.layers[1]");
  const residual_options *inner = outer->layers.item[1].options;  // written as a bare list, its first option
  assert_true(inner->scale == 1);
  assert_ptr_equal(inner->layers.item[0].type, &relu_variant);
  const dense_options *innermost = inner->layers.item[1].options;
  assert_int_equal(innermost->units, 3);
  assert_true(innermost->bias);
  const rmsprop_options *rule = e.optimizer.options;
  assert_string_equal(e.optimizer.path, "optimizer");
  assert_true(rule->lr == 0.001 && rule->decay == 0.5 && isinf(rule->clip));
  assert_int_equal(e.train->batch_size, 64);
  assert_int_equal(e.train->lanes, 8);
  assert_true(e.train->every.value == 1 && e.train->every.unit == SP_EPOCHS);
  assert_int_equal(e.log->level, 3);
  sp_document_free(resolved);
}

static void defaults_are_filled_in(void **state) {
  (void)state;
  sp_document *resolved = resolve("data: {file: a.h5}\ntrain:\n");
  example e;
  memset(&e, 0x5a, sizeof e);
  sp_document_read(resolved, example_table, &e);
  assert_string_equal(e.name, "run");
  assert_int_equal(e.data->file.count, 1);
  assert_null(e.data->features);
  assert_int_equal(e.data->shuffle, 0);
  assert_int_equal(e.input.rank, -1);
  assert_int_equal(e.layers.count, 0);
  const rmsprop_options *rule = e.optimizer.options;
  assert_true(rule->lr == 0.001 && rule->decay == 0.9 && isnan(rule->clip));
  assert_int_equal(e.train->batch_size, 32);
  assert_true(e.train->lanes == SP_AUTO && e.train->patience == SP_AUTO);
  assert_true(e.train->every.value == 0 && isnan(e.train->budget));
  assert_null(e.log);
  assert_int_equal(sp_document_find(resolved, "train.batch_size")->line, 0);
  assert_string_equal(sp_document_find(resolved, "train.batch_size")->source, "default");
  assert_null(sp_document_find(resolved, "train.patience"));
  sp_document_free(resolved);
}

static int64_t patience_of(const char *text) {
  char line[200];
  snprintf(line, sizeof line, DATA "train: {patience: %s}\n", text);
  sp_document *resolved = resolve(line);
  example e;
  sp_document_read(resolved, example_table, &e);
  int64_t patience = e.train->patience;
  sp_document_free(resolved);
  return patience;
}

static void integers_are_exact(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t value;
  } known[] = {{"0", 0},
               {"-0", 0},
               {"+7", 7},
               {"010", 10},
               {"1e6", 1000000},
               {"1.5e1", 15},
               {"2.50E+1", 25},
               {"1200e-2", 12},
               {"3.000", 3},
               {".5e1", 5},
               {"0e99999999999999999999", 0},
               {"9007199254740993", 9007199254740993},
               {"9.007199254740993e15", 9007199254740993},
               {"9223372036854775807", INT64_MAX},
               {"-9223372036854775807", -INT64_MAX},
               {"922337203685477580700000e-5", INT64_MAX},
               {"0.00000000000000000000000000000000000000005e41", 5}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (patience_of(known[i].text) != known[i].value) fail_msg("%s", known[i].text);
  }
  static const char *const none[] = {"1e-1",
                                     "0.5",
                                     "1.25e1",
                                     "--1",
                                     "1e",
                                     "e1",
                                     ".",
                                     "9223372036854775808",
                                     "1e19",
                                     "-9223372036854775808",
                                     "1e99999999999999999999",
                                     "1 2",
                                     "0b1"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    char line[200];
    snprintf(line, sizeof line, DATA "train: {patience: %s}\n", none[i]);
    sp_document *document = parse(line), *resolved = NULL;
    assert_fails(sp_document_resolve(document, example_table, &resolved), SP_ERR_CONFIG, "expected an integer, got ");
    sp_document_free(document);
  }
}

static void reals_intervals_and_booleans_are_read(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
  } reals[] = {{"1e-8", 1e-8}, {"1.0e-8", 1e-8}, {".5", 0.5}, {"5.", 5}, {"-2E+3", -2000}, {"0.1", 0.1}};
  static const struct {
    const char *text;
    double value;
    unsigned unit;
  } intervals[] = {{"500", 500, SP_STEPS},    {"1e3 steps", 1000, SP_STEPS},      {"1 step", 1, SP_STEPS},
                   {"2 epoch", 2, SP_EPOCHS}, {"\"10 minutes\"", 10, SP_MINUTES}, {"0.5   minutes", 0.5, SP_MINUTES}};
  static const struct {
    const char *text;
    bool value;
  } booleans[] = {{"true", true}, {"Yes", true}, {"ON", true}, {"false", false}, {"no", false}, {"off", false}};
  for (size_t i = 0; i < 6; i++) {
    char line[200];
    snprintf(line, sizeof line, DATA "train: {budget: %s, every: %s}\nlayers: [{dense: {units: 1, bias: %s}}]",
             reals[i].text, intervals[i].text, booleans[i].text);
    sp_document *resolved = resolve(line);
    example e;
    sp_document_read(resolved, example_table, &e);
    assert_true(e.train->budget == reals[i].value);
    assert_true(e.train->every.value == intervals[i].value && e.train->every.unit == intervals[i].unit);
    assert_int_equal(((const dense_options *)e.layers.item[0].options)->bias, booleans[i].value);
    sp_document_free(resolved);
  }
}

// --- places --------------------------------------------------------------------------------------------------------

static void nodes_are_found(void **state) {
  (void)state;
  sp_document *document = parse(example_text);
  assert_ptr_equal(sp_document_find(document, ""), sp_document_root(document));
  const sp_yaml_node *units = sp_document_find(document, "layers[2].residual.layers[0].dense.units");
  assert_string_equal(units->text, "1e2");
  assert_int_equal(sp_document_find(document, "layers[1]")->line, 10);
  assert_int_equal(sp_document_find(document, "layers[1]")->column, 5);
  static const char *const nowhere[] = {"layers[4]",
                                        "layers.dense",
                                        "name[0]",
                                        "name.x",
                                        "layers[",
                                        "layers[]",
                                        "layers[x]",
                                        ".name",
                                        "name.",
                                        "data..file",
                                        "layers[1",
                                        "nam",
                                        "layers[99999999999999999999]"};
  for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) assert_null(sp_document_find(document, nowhere[i]));
  sp_document_free(document);
}

static void errors_of_meaning_have_places(void **state) {
  (void)state;
  sp_document *resolved = resolve(example_text);
  assert_int_equal(sp_document_fail(resolved, "layers[2].residual.scale", "is %d", 7), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), "x.yaml:15:7: layers[2].residual.scale: is 7");
  assert_int_equal(sp_document_fail(resolved, "layers[1].relu", "what?"), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), "x.yaml:10:5: layers[1].relu: what?");
  assert_int_equal(sp_document_fail(resolved, "log.level", "too low"),
                   SP_ERR_CONFIG);  // a default: the section has the place
  assert_string_equal(sp_error_message(), "x.yaml:23:1: log.level: too low");
  assert_int_equal(sp_document_fail(resolved, "nowhere.at.all", "lost"), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), "x.yaml:2:1: nowhere.at.all: lost");
  assert_int_equal(sp_document_fail(resolved, "", "all wrong"), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), "x.yaml:2:1: all wrong");
  sp_document_free(resolved);
}

/// Where a failure names an option, it gets the place; its code stays, and so do failures that name none.
static void failures_are_located(void **state) {
  (void)state;
  sp_document *resolved = resolve(example_text);
  const struct {
    sp_status code;
    const char *message, *located;
  } failures[] = {{SP_ERR_CONFIG, "layers[1]: is taken", "x.yaml:10:5: layers[1]: is taken"},
                  {SP_ERR_SHAPE, "layers[1]: expected: [2]", "x.yaml:10:5: layers[1]: expected: [2]"},
                  {SP_ERR_DATA, "layers[1]: row 3", NULL},
                  {SP_ERR_CONFIG, "x.yaml:10:5: layers[1]: has one", NULL},
                  {SP_ERR_SHAPE, "somewhere: else", NULL},
                  {SP_ERR_CONFIG, "layers", NULL}};
  for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
    sp_status status = sp_fail(failures[i].code, "%s", failures[i].message);
    assert_int_equal(sp_document_locate(resolved, status), failures[i].code);
    assert_string_equal(sp_error_message(), failures[i].located ? failures[i].located : failures[i].message);
  }
  assert_int_equal(sp_document_locate(resolved, SP_OK), SP_OK);
  assert_string_equal(sp_error_message(), "layers");
  sp_document_free(resolved);
}

// --- writing and comparing -----------------------------------------------------------------------------------------

static const char example_written[] =
    "name: 'fashion: a run'\n"
    "data:\n"
    "  file: [a.h5, b*.h5]\n"
    "  features: /train/images\n"
    "  shuffle: chunks\n"
    "input: [28, 28]\n"
    "layers:\n"
    "- dense:\n"
    "    units: 1e2\n"
    "    bias: false\n"
    "- relu\n"
    "- residual:\n"
    "    layers:\n"
    "    - dense:\n"
    "        units: 1e2\n"
    "        bias: false\n"
    "    - residual:\n"
    "        layers:\n"
    "        - relu\n"
    "        - dense:\n"
    "            units: 3\n"
    "            bias: true\n"
    "        scale: 1\n"
    "    scale: .5\n"
    "- relu\n"
    "optimizer:\n"
    "  rmsprop:\n"
    "    lr: 1.0e-3\n"
    "    decay: 0.5\n"
    "    clip: inf\n"
    "train:\n"
    "  batch_size: 64\n"
    "  lanes: 8\n"
    "  every: 1 epoch\n"
    "log:\n"
    "  level: 3\n";

static void resolved_text_is_stable(void **state) {
  (void)state;
  sp_document *resolved = resolve(example_text), *again = resolve(example_written);
  sp_text text = {0}, second = {0};
  sp_document_write(resolved, &text);
  sp_document_write(again, &second);
  assert_string_equal(text.data, example_written);
  assert_string_equal(second.data, example_written);
  sp_text_free(&text);
  sp_text_free(&second);
  sp_document_free(resolved);
  sp_document_free(again);
}

static void assert_equal_trees(const sp_yaml_node *a, const sp_yaml_node *b) {
  assert_int_equal(a->kind, b->kind);
  if (a->key) assert_string_equal(a->key, b->key);
  if (a->kind == SP_YAML_SCALAR) assert_string_equal(a->text, b->text);
  const sp_yaml_node *c = a->child, *d = b->child;
  for (; c && d; c = c->next, d = d->next) assert_equal_trees(c, d);
  assert_true(!c && !d);
}

static void awkward_strings_survive_writing(void **state) {
  (void)state;
  static const char *const texts[] = {
      "a: \"null\"\nb: '~'\nc: ''\nd: \"5\"\ne: 'true'\nf: ' x '\ng: \"a\\nb\\n\"\nh: \"\\t#: -\"\n",
      "- - - x\n  - ~\n- {}\n- []\n- {a: []}\n",
      "\"a: b\": 1\n'- x': 2\n? |\n  long\n  key\n: 3\n",
      "a: |\n  two\n  lines\nb: >-\n  folded\n  text\nc: \"\\e[31m\"\nd: \"\\u2028\\x85\"\n",
      "é: \"日本\"\nz: 'it''s'\n",
      ("a: '%x'\nb: '@x'\nc: '`x'\nd: '*x'\ne: '&x'\nf: '!x'\ng: '|'\nh: '---'\n"
       "i: '...'\nj: 'x: '\nk: 'x #y'\nl: '? x'\n")};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    sp_document *document = parse(texts[i]);
    sp_text text = {0};
    sp_document_write(document, &text);
    sp_document *again = parse(text.data);
    assert_equal_trees(sp_document_root(document), sp_document_root(again));
    sp_text_free(&text);
    sp_document_free(document);
    sp_document_free(again);
  }
}

static void documents_are_compared_by_meaning(void **state) {
  (void)state;
  assert_differ(example_table, example_text, example_written, "");
  assert_differ(example_table, DATA "optimizer: {rmsprop: {lr: 0.001}}\ntrain: {every: 500, lanes: 1e1}\ninput: 784\n",
                "data: {file: [a]}\noptimizer: rmsprop\ntrain: {every: 5e2 steps, lanes: 10}\ninput: [784.0]\n", "");
  assert_differ(example_table, DATA "layers: [relu, {dense: 5}]\nlog: {level: 1}\n",
                "data: {file: b}\nname: two\nlayers: [{relu: {}}, {dense: {units: 6, bias: no}}]\n"
                "log: {level: 2}\n"
                "train: {patience: 3, batch_size: 7, every: 1 epoch}\n",
                "name: run -> two (changeable)\n"
                "data.file: [a] -> [b]\n"
                "layers[1].dense.units: 5 -> 6\n"
                "layers[1].dense.bias: true -> false\n"
                "train.batch_size: 32 -> 7\n"
                "train.patience: (none) -> 3 (changeable)\n"
                "train.every: auto -> 1 epoch (changeable)\n"
                "log.level: 1 -> 2 (changeable)\n");
  assert_differ(example_table, DATA "layers: [relu]\noptimizer: {sgd: {lr: 1}}\nlog: {}\n",
                DATA "layers: [relu, {dense: 2}]\ninput: [3, 4]\nname: \"a\\nb\"\n",
                "name: run -> \"a\\nb\" (changeable)\n"
                "input: (none) -> [3, 4]\n"
                "layers: [relu] -> [relu, {dense: {units: 2, bias: true}}]\n"
                "optimizer: {sgd: {lr: 1}} -> {rmsprop: {lr: 0.001, decay: 0.9, clip: none}}\n"
                "log: {level: 3} -> (none) (changeable)\n");
  assert_differ(example_table, DATA "layers: [relu, {residual: [relu]}]\n",
                DATA "layers: [{dense: 1}, {residual: [{dense: 1}]}]\n",
                "layers[0]: relu -> {dense: {units: 1, bias: true}}\n"
                "layers[1].residual.layers[0]: relu -> {dense: {units: 1, bias: true}}\n");
}

// A map of names that become known later: kept as written, compared by meaning, checked with its places.
static void maps_are_read_later(void **state) {
  (void)state;
  typedef struct holder {
    sp_map map;
  } holder;
  typedef struct later {
    double start;
    int64_t count;
    const char *word;
  } later;
  static const sp_option table[] = {
      {.name = "map", .kind = SP_OPTION_MAP, .offset = offsetof(holder, map), .preset = "{}"}, {0}};
  static const sp_option known[] = {
      {.name = "start", .kind = SP_OPTION_REAL, .offset = offsetof(later, start), .range = "(1, inf)"},
      {.name = "count", .kind = SP_OPTION_INT, .offset = offsetof(later, count), .preset = "7"},
      {.name = "word", .kind = SP_OPTION_STRING, .offset = offsetof(later, word), .preset = "none"},
      {0}};
  static const struct {
    const char *text, *wrong;
  } cases[] = {{"map: {start: 3, word: '5'}\n", NULL},
               {"map:\n  strat: 3\n", "x.yaml:2:3: map.strat: unknown key (did you mean 'start'?)"},
               {"map:\n  start: 1\n", "x.yaml:2:3: map.start: expected a number in (1, inf), got 1"},
               {"map: {start: 2, count: '3'}\n", "map.count: expected an integer, got the quoted text '3'"},
               {"{}\n", "map.start: missing"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    sp_document *written, *resolved;
    holder h;
    later l;
    sp_arena *arena = sp_arena_create();
    assert_ok(sp_document_parse(cases[i].text, strlen(cases[i].text), "x.yaml", &written));
    assert_ok(sp_document_resolve(written, table, &resolved));
    sp_document_free(written);
    sp_document_read(resolved, table, &h);
    if (cases[i].wrong) {
      assert_fails(sp_map_read(&h.map, known, arena, &l), SP_ERR_CONFIG, cases[i].wrong);
    } else {
      assert_ok(sp_map_read(&h.map, known, arena, &l));
      assert_true(l.start == 3 && l.count == 7);
      assert_string_equal(l.word, "5");
    }
    sp_arena_free(arena);
    sp_document_free(resolved);
  }
  sp_document *list, *resolved;
  assert_ok(sp_document_parse("map: [1]\n", 9, "x.yaml", &list));
  assert_fails(sp_document_resolve(list, table, &resolved), SP_ERR_CONFIG,
               "map: expected a map of names and values, got a list");
  sp_document_free(list);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_are_read_later),
      cmocka_unit_test(everything_is_read),
      cmocka_unit_test(defaults_are_filled_in),
      cmocka_unit_test(integers_are_exact),
      cmocka_unit_test(reals_intervals_and_booleans_are_read),
      cmocka_unit_test(nodes_are_found),
      cmocka_unit_test(errors_of_meaning_have_places),
      cmocka_unit_test(failures_are_located),
      cmocka_unit_test(resolved_text_is_stable),
      cmocka_unit_test(awkward_strings_survive_writing),
      cmocka_unit_test(documents_are_compared_by_meaning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
