// SPDX-License-Identifier: Apache-2.0
// Invalid documents: the exact messages, all errors of a text at once, and the limits of size and depth.
#include "check.h"
#include "config/document.h"
#include "config/parse.h"
#include "config/resolve.h"
#include "config_example.h"

/// The message with which parsing or resolving fails.
static const char *message_of(const char *text, size_t size) {
  sp_document *document = NULL, *resolved = NULL;
  sp_status status = sp_document_parse(text, size, "x.yaml", &document);
  assert_true((status == SP_OK) == (document != NULL));
  if (status == SP_OK) status = sp_document_resolve(document, example_table, &resolved);
  assert_null(resolved);
  sp_document_free(document);
  assert_int_equal(status, SP_ERR_CONFIG);
  return sp_error_message();
}

// --- wrong texts ---------------------------------------------------------------------------------------------------

typedef struct wrong {
  const char *text, *message;
} wrong;

#define DATA "data: {file: a}\n"
#define LAYER_NAMES "expected one of dense, relu, residual, got "

static const wrong wrong_texts[] = {
    // no document, or not one
    {"", "x.yaml:1:1: empty, expected a map of options"},
    {"# only a comment\n", "x.yaml:2:1: empty, expected a map of options"},
    {"~", "x.yaml:1:1: empty, expected a map of options"},
    {"--- \n", "x.yaml:2:1: empty, expected a map of options"},
    {"a: 1\n---\nb: 1\n", "x.yaml:2:1: expected one document, got a second one"},
    {"--- ~\n--- ~\n", "x.yaml:2:1: expected one document, got a second one"},
    {"[1, 2]", "x.yaml:1:1: expected a map, got a list"},
    {"just text", "x.yaml:1:1: expected a map, got 'just text'"},
    // syntax
    {"a:\n\tb: 1\n",
     "x.yaml:2:1: found character that cannot start any token (a tab; indent with spaces), while scanning for the next "
     "token that starts at 2:1"},
    {"a: [1, 2\n", "x.yaml:2:1: did not find expected ',' or ']', while parsing a flow sequence that starts at 1:4"},
    {"a: {b: 1\n", "x.yaml:2:1: did not find expected ',' or '}', while parsing a flow mapping that starts at 1:4"},
    {"a: 'b\n", "x.yaml:2:1: found unexpected end of stream, while scanning a quoted scalar that starts at 1:4"},
    {"a: 1\n  b: 2\n", "x.yaml:2:4: mapping values are not allowed in this context"},
    {"a: \"\\q\"\n", "x.yaml:1:5: found unknown escape character, while parsing a quoted scalar that starts at 1:4"},
    {"é: ok\na: \xff\n", "x.yaml:2:4: invalid leading UTF-8 octet"},
    {"a: \xc3(\n", "x.yaml:1:5: invalid trailing UTF-8 octet"},
    {"a: \x01\n", "x.yaml:1:4: control characters are not allowed"},
    {"a: \"x\\0y\"\n", "x.yaml:1:4: a: a NUL character inside a string"},
    {"%YAML 7.0\n--- a\n", "x.yaml:1:1: found incompatible YAML document"},
    // YAML that a configuration does not use
    {"a: 1\nb: 2\na: 3\n", "x.yaml:3:1: a: duplicate key, first given at x.yaml:1:1"},
    {"a: {c: 1, b: 2, c: 3, c: 4}\n",
     "x.yaml:1:17: a.c: duplicate key, first given at x.yaml:1:5\n"
     "x.yaml:1:23: a.c: duplicate key, first given at x.yaml:1:5"},
    {"a: !!str 5\n", "x.yaml:1:4: a: tags are not supported, got 'tag:yaml.org,2002:str'"},
    {"a: !mine [1]\n", "x.yaml:1:4: a: tags are not supported, got '!mine'"},
    {"b: {<<: {a: 1}}\n", "x.yaml:1:5: b: merge keys (<<) are not supported; write the options out"},
    {"? [a, b]\n: 1\n", "x.yaml:1:3: a key must be a string, got a list"},
    {"? {a: b}\n: 1\n", "x.yaml:1:3: a key must be a string, got a map"},
    {": 1\n", "x.yaml:1:1: did not find expected key, while parsing a block mapping that starts at 1:1"},
    {"'': 1\n", "x.yaml:1:1: a key is empty"},
    {"a: *b\n", "x.yaml:1:4: a: there is no anchor 'b'"},
    {"a: &b [1, *b]\n", "x.yaml:1:11: a[1]: alias 'b' is inside the node that it names"},
    {"a: &b {c: {d: *b}}\n", "x.yaml:1:15: a.c.d: alias 'b' is inside the node that it names"},
    {"a: !x 1\na: 2\n? [b]\n: 1\n",
     "x.yaml:1:4: a: tags are not supported, got '!x'\n"
     "x.yaml:2:1: a: duplicate key, first given at x.yaml:1:1\n"
     "x.yaml:3:3: a key must be a string, got a list"},
    // unknown, misspelt and missing keys
    {DATA "nmae: a\n", "x.yaml:2:1: nmae: unknown key (did you mean 'name'?)"},
    {DATA "NAME: a\n", "x.yaml:2:1: NAME: unknown key (did you mean 'name'?)"},
    {DATA "train: {batch-size: 1}\n", "x.yaml:2:9: train.batch-size: unknown key (did you mean 'batch_size'?)"},
    {DATA "log: {colour: red}\n", "x.yaml:2:7: log.colour: unknown key (known: level)"},
    {DATA "\"a\\nb\": 1\n", "x.yaml:2:1: a\\nb: unknown key (known: name, data, input, layers, optimizer, train, log)"},
    {"name: a\n", "x.yaml:1:1: data.file: missing, expected a string or a list of strings"},
    {"name: a\ndata: {}\n", "x.yaml:2:1: data.file: missing, expected a string or a list of strings"},
    {"data:\n  file: ~\n", "x.yaml:2:3: data.file: missing, expected a string or a list of strings"},
    {DATA "optimizer: sgd\n", "x.yaml:2:1: optimizer.sgd.lr: missing, expected a number in (0, inf)"},
    {DATA "layers: [relu, {dense: {}}]\n",
     "x.yaml:2:17: layers[1].dense.units: missing, expected an integer in [1, 65536]"},
    // scalars
    {DATA "optimizer: {rmsprop: {decay: 1.5}}\n",
     "x.yaml:2:23: optimizer.rmsprop.decay: expected a number in [0, 1), got 1.5"},
    {DATA "optimizer: {rmsprop: {decay: 1}}\n",
     "x.yaml:2:23: optimizer.rmsprop.decay: expected a number in [0, 1), got 1"},
    {DATA "optimizer: {rmsprop: {lr: 0}}\n", "x.yaml:2:23: optimizer.rmsprop.lr: expected a number in (0, inf), got 0"},
    {DATA "optimizer: {rmsprop: {lr: 1e999}}\n",
     "x.yaml:2:23: optimizer.rmsprop.lr: expected a number in (0, inf), got 1e999"},
    {DATA "optimizer: {rmsprop: {lr: inf}}\n",
     "x.yaml:2:23: optimizer.rmsprop.lr: expected a number in (0, inf), got 'inf'"},
    {DATA "optimizer: {rmsprop: {lr: .nan}}\n",
     "x.yaml:2:23: optimizer.rmsprop.lr: expected a number in (0, inf), got '.nan'"},
    {DATA "optimizer: {rmsprop: {lr: 0x10}}\n",
     "x.yaml:2:23: optimizer.rmsprop.lr: expected a number in (0, inf), got '0x10'"},
    {DATA "optimizer: {rmsprop: {lr: \"0.1\"}}\n",
     "x.yaml:2:23: optimizer.rmsprop.lr: expected a number in (0, inf), got the quoted text '0.1'"},
    {DATA "optimizer: {rmsprop: {lr: [0.1]}}\n",
     "x.yaml:2:23: optimizer.rmsprop.lr: expected a number in (0, inf), got a list"},
    {DATA "optimizer: {rmsprop: {clip: 11}}\n",
     "x.yaml:2:23: optimizer.rmsprop.clip: expected 'none', 'inf' or a number in (0, 10], got 11"},
    {DATA "train: {budget: 1e999}\n", "x.yaml:2:9: train.budget: expected a number, got 1e999"},
    {DATA "train: {lanes: 0}\n", "x.yaml:2:9: train.lanes: expected 'auto' or an integer in [1, 65536], got 0"},
    {DATA "train: {lanes: auot}\n",
     "x.yaml:2:9: train.lanes: expected 'auto' or an integer in [1, 65536], got 'auot' (did you mean 'auto'?)"},
    {DATA "train: {batch_size: 1.5}\n",
     "x.yaml:2:9: train.batch_size: expected an integer in [1, inf) (rows), got 1.5"},
    {DATA "train: {batch_size: 1_000}\n",
     "x.yaml:2:9: train.batch_size: expected an integer in [1, inf) (rows), got '1_000'"},
    {DATA "train: {batch_size: -5}\n", "x.yaml:2:9: train.batch_size: expected an integer in [1, inf) (rows), got -5"},
    {DATA "train: {batch_size: true}\n",
     "x.yaml:2:9: train.batch_size: expected an integer in [1, inf) (rows), got 'true'"},
    {DATA "train: {batch_size: \"5\"}\n",
     "x.yaml:2:9: train.batch_size: expected an integer in [1, inf) (rows), got the quoted text '5'"},
    {DATA "train: {batch_size: {}}\n",
     "x.yaml:2:9: train.batch_size: expected an integer in [1, inf) (rows), got an empty map"},
    {DATA "train: {patience: 9223372036854775808}\n",
     "x.yaml:2:9: train.patience: expected an integer, got 9223372036854775808 (does not fit in 64 bits)"},
    {DATA "train: {patience: 1e400}\n",
     "x.yaml:2:9: train.patience: expected an integer, got 1e400 (does not fit in 64 bits)"},
    {DATA "layers: [{dense: {units: 1, bias: maybe}}]\n",
     "x.yaml:2:29: layers[0].dense.bias: expected true or false, got 'maybe'"},
    {DATA "layers: [{dense: {units: 1, bias: 1}}]\n",
     "x.yaml:2:29: layers[0].dense.bias: expected true or false, got 1"},
    {DATA "layers: [{dense: {units: 1, bias: \"true\"}}]\n",
     "x.yaml:2:29: layers[0].dense.bias: expected true or false, got the quoted text 'true'"},
    {"data: {file: a, shuffle: ful}\n",
     "x.yaml:1:17: data.shuffle: expected one of full, chunks, none, got 'ful' (did you mean 'full'?)"},
    {"data: {file: a, shuffle: yes}\n", "x.yaml:1:17: data.shuffle: expected one of full, chunks, none, got 'yes'"},
    {DATA "name: [a]\n", "x.yaml:2:1: name: expected a string, got a list"},
    {"data: {file: {a: b}}\n", "x.yaml:1:8: data.file: expected a string or a list of strings, got a map"},
    {"data: {file: [a, [b]]}\n", "x.yaml:1:18: data.file[1]: expected a string, got a list"},
    {"data: {file: [a, ~]}\n", "x.yaml:1:18: data.file[1]: expected a string, got nothing"},
    // intervals
    {DATA "train: {every: 0 steps}\n",
     "x.yaml:2:9: train.every: expected 'auto' or an interval like '500 steps', '1 epoch' or '10 minutes', got "
     "'0 steps'"},
    {DATA "train: {every: 1.5 epochs}\n",
     "x.yaml:2:9: train.every: expected 'auto' or an interval like '500 steps', '1 epoch' or '10 minutes', got "
     "'1.5 epochs'"},
    {DATA "train: {every: 5 hours}\n",
     "x.yaml:2:9: train.every: expected 'auto' or an interval like '500 steps', '1 epoch' or '10 minutes', got "
     "'5 hours'"},
    {DATA "train: {every: -1 minutes}\n",
     "x.yaml:2:9: train.every: expected 'auto' or an interval like '500 steps', '1 epoch' or '10 minutes', got "
     "'-1 minutes'"},
    {DATA "train: {every: \"500\"}\n",
     "x.yaml:2:9: train.every: expected 'auto' or an interval like '500 steps', '1 epoch' or '10 minutes', got the "
     "quoted text '500'"},
    // shapes
    {DATA "input: []\n", "x.yaml:2:1: input: expected a list of integers >= 1, got an empty list"},
    {DATA "input: {}\n", "x.yaml:2:1: input: expected a list of integers >= 1, got an empty map"},
    {DATA "input: [28, 0]\n", "x.yaml:2:13: input[1]: expected an integer in [1, inf), got 0"},
    {DATA "input: [28, x]\n", "x.yaml:2:13: input[1]: expected an integer in [1, inf), got 'x'"},
    {DATA "input: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n", "x.yaml:2:1: input: expected at most 8 extents, got 9"},
    {DATA "input: [4e9, 4e9]\n", "x.yaml:2:1: input: expected a shape whose number of values fits in 64 bits"},
    // sections and variants
    {DATA "train: 5\n", "x.yaml:2:1: train: expected a map, got 5"},
    {DATA "train: [1]\n", "x.yaml:2:1: train: expected a map, got a list"},
    {DATA "layers: relu\n", "x.yaml:2:1: layers: expected a list, got 'relu'"},
    {DATA "layers: [dens]\n", "x.yaml:2:10: layers[0]: " LAYER_NAMES "'dens' (did you mean 'dense'?)"},
    {DATA "layers: [{rleu: ~}]\n", "x.yaml:2:11: layers[0]: " LAYER_NAMES "'rleu' (did you mean 'relu'?)"},
    {DATA "layers: [lstm]\n", "x.yaml:2:10: layers[0]: " LAYER_NAMES "'lstm'"},
    {DATA "layers: [~]\n", "x.yaml:2:10: layers[0]: " LAYER_NAMES "nothing"},
    {DATA "layers: [[relu]]\n", "x.yaml:2:10: layers[0]: " LAYER_NAMES "a list"},
    {DATA "layers: [{}]\n", "x.yaml:2:10: layers[0]: " LAYER_NAMES "an empty map"},
    {DATA "layers:\n  - dense:\n    units: 5\n",
     "x.yaml:3:5: layers[0]: " LAYER_NAMES
     "2 keys: 'dense', 'units' (indent the options of a name deeper than the name)"},
    {DATA "layers: [{relu: 5}]\n", "x.yaml:2:11: layers[0].relu: takes no options"},
    {DATA "layers: [{relu: {slope: 5}}]\n",
     "x.yaml:2:18: layers[0].relu.slope: unknown key (there are no options here)"},
    {DATA "layers: [{dense: x}]\n", "x.yaml:2:11: layers[0].dense.units: expected an integer in [1, 65536], got 'x'"},
    {DATA "layers: [{residual: [relu, {residual: [tanh]}]}]\n",
     "x.yaml:2:40: layers[0].residual.layers[1].residual.layers[0]: " LAYER_NAMES "'tanh'"},
    {DATA "optimizer: {rmsprop: {}, sgd: {lr: 1}}\n",
     "x.yaml:2:1: optimizer: expected one of rmsprop, sgd, got 2 keys: 'rmsprop', 'sgd'"},
    // an alias stands where it is used, what is in it where it was written
    {DATA "layers: [{dense: &d {units: 0}}, {dense: *d}]\n",
     "x.yaml:2:22: layers[0].dense.units: expected an integer in [1, 65536], got 0\n"
     "x.yaml:2:22: layers[1].dense.units: expected an integer in [1, 65536], got 0"},
    // everything at once, in the order of the text rather than of the table
    {"train:\n  lanes: 0\n  batchsize: 3\noptimizer:\n  rmsprop:\n    decay: 1.5\n    lt: 1\ndata:\n  shuffle: fulll\n",
     "x.yaml:2:3: train.lanes: expected 'auto' or an integer in [1, 65536], got 0\n"
     "x.yaml:3:3: train.batchsize: unknown key (did you mean 'batch_size'?)\n"
     "x.yaml:6:5: optimizer.rmsprop.decay: expected a number in [0, 1), got 1.5\n"
     "x.yaml:7:5: optimizer.rmsprop.lt: unknown key (did you mean 'lr'?)\n"
     "x.yaml:8:1: data.file: missing, expected a string or a list of strings\n"
     "x.yaml:9:3: data.shuffle: expected one of full, chunks, none, got 'fulll' (did you mean 'full'?)"},
};

static void wrong_texts_are_refused(void **state) {
  (void)state;
  size_t count = sizeof wrong_texts / sizeof *wrong_texts;
  int failed = 0;
  for (size_t i = 0; i < count; i++) {
    const char *message = message_of(wrong_texts[i].text, strlen(wrong_texts[i].text));
    if (strcmp(message, wrong_texts[i].message) == 0) continue;
    print_error("text:\n%s\nmessage:  %s\nexpected: %s\n\n", wrong_texts[i].text, message, wrong_texts[i].message);
    failed++;
  }
  assert_int_equal(failed, 0);
}

// --- limits --------------------------------------------------------------------------------------------------------

static void bombs_are_refused(void **state) {
  (void)state;
  sp_text text = {0};
  sp_text_add(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
  for (int level = 1; level < 20; level++) {
    sp_text_add(&text, "a%d: &a%d [", level, level);
    for (int i = 0; i < 9; i++) sp_text_add(&text, "%s*a%d", i ? ", " : "", level - 1);
    sp_text_add(&text, "]\n");
  }
  assert_non_null(
      strstr(message_of(text.data, text.size), "more than 100000 nodes, counting those that aliases repeat"));
  sp_text_free(&text);
}

static void nested(sp_text *text, int levels) {
  for (int i = 0; i < levels; i++) sp_text_add(text, "[");
  for (int i = 0; i < levels; i++) sp_text_add(text, "]");
}

static void depth_is_limited(void **state) {
  (void)state;
  sp_text text = {0};
  nested(&text, 32);
  sp_document *document = NULL;
  assert_ok(sp_document_parse(text.data, text.size, "x.yaml", &document));
  sp_document_free(document);
  sp_text_free(&text);
  nested(&text, 33);
  assert_string_equal(strrchr(message_of(text.data, text.size), ' '), " deep");
  sp_text_free(&text);
  nested(&text, 100000);
  assert_non_null(strstr(message_of(text.data, text.size), "x.yaml:1:33: [0][0]"));
  assert_non_null(strstr(sp_error_message(), ": nested more than 32 levels deep"));
  sp_text_free(&text);
  sp_text_add(&text, "a: &a ");  // an alias does not get around it
  nested(&text, 20);
  sp_text_add(&text, "\nb: [[[[[[[[[[[[*a]]]]]]]]]]]]\n");
  assert_non_null(strstr(message_of(text.data, text.size), "nested more than 32 levels deep"));
  sp_text_free(&text);
}

static void size_and_anchors_are_limited(void **state) {
  (void)state;
  enum { LIMIT = 1 << 20 };
  char *text = malloc(LIMIT + 1);
  memset(text, ' ', LIMIT + 1);
  memcpy(text, "a: b #", 6);
  sp_document *document = NULL;
  assert_ok(sp_document_parse(text, LIMIT, "x.yaml", &document));
  sp_document_free(document);
  assert_string_equal(message_of(text, LIMIT + 1), "x.yaml:1:1: expected at most 1048576 bytes, got 1048577");
  free(text);
  sp_text anchors = {0};
  for (int i = 0; i < 1001; i++) sp_text_add(&anchors, "- &a%d x\n", i);
  assert_string_equal(message_of(anchors.data, anchors.size), "x.yaml:1001:3: more than 1000 anchors");
  sp_text_free(&anchors);
}

static void many_errors_are_counted(void **state) {
  (void)state;
  sp_text text = {0};
  for (int i = 0; i < 40000; i++) sp_text_add(&text, "a%d: \n", i);
  const char *message = message_of(text.data, text.size);
  assert_non_null(strstr(message, "x.yaml:1:1: a0: unknown key"));
  assert_non_null(strstr(message, "\n… and "));
  sp_text_free(&text);
}

static void long_text_is_cut_short(void **state) {
  (void)state;
  sp_text text = {0};
  sp_text_add(&text, DATA "train: ");
  for (int i = 0; i < 5000; i++) sp_text_add(&text, "\xc3\xa9");
  const char *message = message_of(text.data, text.size);
  assert_non_null(strstr(message, "é…'"));
  assert_true(strlen(message) < 400);
  sp_text_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wrong_texts_are_refused), cmocka_unit_test(bombs_are_refused),
      cmocka_unit_test(depth_is_limited),        cmocka_unit_test(size_and_anchors_are_limited),
      cmocka_unit_test(many_errors_are_counted), cmocka_unit_test(long_text_is_cut_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
