// SPDX-License-Identifier: Apache-2.0
// Mutated configurations: whatever the bytes are, a text is parsed or refused with a message, and what was parsed
// survives being written. The mutations are the same in every run.
#include "base/random.h"
#include "check.h"
#include "config/compare.h"
#include "config/document.h"
#include "config/override.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "config/write.h"
#include "unit/config_example.h"

enum { ROUNDS = 10000, LARGEST = 4096 };

static const char *const samples[] = {
    example_text,
    "data: {file: a.h5}\nlayers: [dense: 5, {dense: {units: 1e1, bias: no}}, relu]\ntrain: {every: 3, lanes: 2}\n",
    "a: &a [1, 2, &b {c: d, ? e : f}]\nb: [*a, *b, 'q''q', \"\\x41\\n\\u00e9\"]\nc: *b\n",
    "a: |\n  literal\n   text\nb: >-\n  folded\n  text\n'k e y': \"v\\\n  w\"\n? |\n  long\n: key\n",
    "%YAML 1.1\n---\n- é\n- 日本\n- - - {}\n    - []\n...\n",
};

/// What YAML is made of, to put somewhere.
static const char *const pieces[] = {
    ": ",           "- ",       "[",  "]",    "{",   "}", ",",     "&a ",  "*a",   "!!int ",
    "|\n",          ">\n",      "'",  "\"",   "\\",  "#", "\n",    "\n  ", "\t",   "---\n",
    "...\n",        "? ",       "<<", "~",    "%",   "@", "1e999", "\xff", "\xc3", "\xef\xbb\xbf",
    "\xe2\x80\xa8", "\xc2\x85", "\r", "\x01", ".nan"};

typedef struct dice {
  sp_random_key key;
  uint64_t thrown;
} dice;

static size_t throw(dice * d, size_t sides) {
  return sides == 0 ? 0 : (size_t)(sp_random_uniform(d->key, d->thrown++) * (double)sides);
}

static void insert(char *text, size_t *size, size_t at, const char *piece, size_t length) {
  if (*size + length > LARGEST) return;
  memmove(text + at + length, text + at, *size - at);
  memcpy(text + at, piece, length);
  *size += length;
}

static void mutate(dice *d, char *text, size_t *size) {
  size_t at = throw(d, *size + 1), length = throw(d, 20);
  if (length > *size - at) length = *size - at;
  switch (throw(d, 5)) {
    case 0:  // another byte
      if (at < *size) text[at] = (char) throw(d, 256);
      break;
    case 1:  // a piece taken out
      memmove(text + at, text + at + length, *size - at - length);
      *size -= length;
      break;
    case 2: {  // a piece said twice
      char copy[20];
      memcpy(copy, text + at, length);
      insert(text, size, throw(d, *size + 1), copy, length);
      break;
    }
    case 3:  // cut off
      if (throw(d, 4) == 0) *size = at;
      break;
    default: {
      const char *piece = pieces[throw(d, sizeof pieces / sizeof *pieces)];
      insert(text, size, at, piece, strlen(piece));
    }
  }
}

static void same_trees(const sp_yaml_node *a, const sp_yaml_node *b) {
  assert_int_equal(a->kind, b->kind);
  if (a->key) assert_string_equal(a->key, b->key);
  if (a->kind == SP_YAML_SCALAR) assert_string_equal(a->text, b->text);
  const sp_yaml_node *c = a->child, *d = b->child;
  for (; c && d; c = c->next, d = d->next) same_trees(c, d);
  assert_true(!c && !d);
}

/// A message is there, and every line names its source.
static void check_message(const char *source) {
  const char *line = sp_error_message();
  assert_true(strlen(line) > strlen(source));
  for (; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncmp(line, source, strlen(source)) != 0 && strncmp(line, "… and", 5) != 0) fail_msg("line: %s", line);
  }
}

static void check_written(const sp_document *document) {
  sp_text text = {0};
  sp_document *again = NULL;
  sp_document_write(document, &text);
  if (sp_document_parse(text.data, text.size, "again.yaml", &again) != SP_OK) {
    fail_msg("%s\nwritten as:\n%s", sp_error_message(), text.data);
  }
  same_trees(sp_document_root(document), sp_document_root(again));
  sp_document_free(again);
  sp_text_free(&text);
}

static void never_differs(const sp_difference *difference, void *context) {
  (void)context;
  fail_msg("%s: %s became %s", difference->path, difference->before, difference->after);
}

/// A resolved document is read, and resolving what it is written as changes nothing.
static void check_resolved(sp_document *resolved) {
  sp_text text = {0};
  sp_document *parsed = NULL, *again = NULL;
  sp_document_write(resolved, &text);
  assert_ok(sp_document_parse(text.data, text.size, "again.yaml", &parsed));
  assert_ok(sp_document_resolve(parsed, example_table, &again));
  sp_document_compare(resolved, again, example_table, never_differs, NULL);
  example filled;
  sp_document_read(again, example_table, &filled);
  assert_non_null(filled.data->file.item);
  sp_document_free(parsed);
  sp_document_free(again);
  sp_text_free(&text);
}

/// Returns how far the text got: 0 refused, 1 parsed, 2 resolved.
static int check_text(const char *text, size_t size) {
  sp_document *document = NULL, *resolved = NULL;
  sp_status status = sp_document_parse(text, size, "fuzz.yaml", &document);
  if (status != SP_OK) {
    assert_int_equal(status, SP_ERR_CONFIG);
    assert_null(document);
    check_message("fuzz.yaml:");
    return 0;
  }
  check_written(document);
  status = sp_document_resolve(document, example_table, &resolved);
  if (status == SP_OK) {
    check_resolved(resolved);
  } else {
    assert_int_equal(status, SP_ERR_CONFIG);
    assert_null(resolved);
    check_message("fuzz.yaml:");
  }
  sp_document_free(resolved);
  sp_document_free(document);
  return status == SP_OK ? 2 : 1;
}

static void mutated_texts_are_parsed_or_refused(void **state) {
  (void)state;
  dice d = {.key = sp_random_key_make(20, SP_RANDOM_DATA, 1)};
  int64_t reached[3] = {0};
  for (int round = 0; round < ROUNDS; round++) {
    char text[LARGEST];
    const char *sample = samples[throw(&d, sizeof samples / sizeof *samples)];
    size_t size = strlen(sample);
    memcpy(text, sample, size);
    for (size_t left = throw(&d, 5); left > 0; left--) mutate(&d, text, &size);
    char *exact = malloc(size + (size == 0));  // so that a byte read beyond the end is seen
    memcpy(exact, text, size);
    reached[check_text(exact, size)]++;
    free(exact);
  }
  assert_true(reached[0] > ROUNDS / 20 && reached[1] > ROUNDS / 20 && reached[2] > ROUNDS / 50);
}

static void mutated_assignments_are_taken_or_refused(void **state) {
  (void)state;
  static const char *const assignments[] = {"layers[0].dense.units=64", "optimizer.rmsprop={lr: 0.1, decay: [x]}",
                                            "train.every=10 minutes", "layers[2].residual.layers[1].residual[0]=relu"};
  dice d = {.key = sp_random_key_make(20, SP_RANDOM_DATA, 2)};
  int64_t taken = 0;
  for (int round = 0; round < ROUNDS; round++) {
    char text[LARGEST + 1];
    const char *sample = assignments[throw(&d, sizeof assignments / sizeof *assignments)];
    size_t size = strlen(sample);
    memcpy(text, sample, size);
    for (size_t left = throw(&d, 4); left > 0; left--) mutate(&d, text, &size);
    text[size] = '\0';
    sp_document *document = NULL, *resolved = NULL;
    assert_ok(sp_document_parse(example_text, strlen(example_text), "fuzz.yaml", &document));
    if (sp_document_set(document, NULL, text) == SP_OK) {
      taken++;
      check_written(document);
      if (sp_document_resolve(document, example_table, &resolved) == SP_OK) check_resolved(resolved);
      sp_document_free(resolved);
    } else {
      check_written(document);
    }
    sp_document_free(document);
  }
  assert_true(taken > ROUNDS / 4 && taken < ROUNDS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mutated_texts_are_parsed_or_refused),
      cmocka_unit_test(mutated_assignments_are_taken_or_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
