// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of layers, losses and networks: options built by hand, random values, comparisons.
#ifndef SP_TESTS_MODEL_H
#define SP_TESTS_MODEL_H

#include "base/random.h"
#include "check.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "config/value.h"
#include "model/initialiser.h"
#include "model/layer_dense.h"
#include "model/loss.h"
#include "model/metric.h"
#include "model/network.h"
#include "model/prediction.h"

static inline const sp_variant *find_variant(const sp_variant *const *variants, const char *name) {
  for (; *variants; variants++) {
    if (strcmp((*variants)->name, name) == 0) return *variants;
  }
  fail_msg("there is no '%s'", name);
  return NULL;
}

static inline sp_selected select_variant(const sp_variant *const *variants, const char *name, const void *options,
                                         const char *path) {
  return (sp_selected){find_variant(variants, name), options, path};
}

/// Numbers from a text such as "[1, 2.5]", "3" or a word of the option's range. They stay valid until 64 others have been
/// asked for.
static inline sp_numbers numbers_of(const sp_option *option, const char *text) {
  static double memory[64][16];
  static int next;
  double *item = memory[next++ % 64];
  sp_numbers numbers = {.item = item, .word = -1};
  const sp_yaml_node scalar = {.kind = SP_YAML_SCALAR, .text = text};
  if (sp_value_is_word(option, &scalar, &numbers.word)) return numbers;
  for (const char *at = text; *(at += strspn(at, "[, ]")); numbers.count++) {
    char *end;
    item[numbers.count] = strtod(at, &end);
    assert_true(end > at && numbers.count < 16);
    at = end;
  }
  return numbers;
}

/// The options of a variant as its table has them by default, but for one option, which may be NULL. They stay valid until 64
/// others have been asked for.
static inline const void *options_of(const sp_variant *const *variants, const char *name, const char *option,
                                     const char *value) {
  static max_align_t memory[64][4];
  static int next;
  const sp_variant *variant = find_variant(variants, name);
  char *options = (char *)memory[next++ % 64];
  assert_true(variant->options_size <= sizeof *memory);
  for (const sp_option *o = variant->options; o && o->name; o++) {
    bool given = option && strcmp(o->name, option) == 0;
    const char *text = given ? value : o->preset;
    if (o->kind == SP_OPTION_NUMBERS) {
      *(sp_numbers *)(void *)(options + o->offset) = numbers_of(o, text);
    } else {
      assert_ok(sp_option_read(o, text, options + o->offset));
    }
  }
  return variant->options ? options : NULL;
}

/// Options of a dense layer with the default initialisers, small random bias included: a test wants no zeros.
static inline sp_dense_options dense_options(int64_t units) {
  static const struct { double mean, stddev; } small = {0, 0.3};
  return (sp_dense_options){.units = units,
                            .bias = true,
                            .weight_init = {find_variant(sp_initialisers, "glorot_uniform"), NULL, "weight_init"},
                            .bias_init = {find_variant(sp_initialisers, "normal"), &small, "bias_init"}};
}

/// Layers as a configuration has them: "[{dense: {units: 7}}, relu]". Freed with sp_document_free.
typedef struct written_layers {
  sp_document *document;
  sp_selected_list list;
} written_layers;

static inline written_layers layers_from(const char *yaml) {
  static const sp_option table[] = {{.name = "model.layers", .kind = SP_OPTION_VARIANTS, .variants = sp_layers}, {0}};
  written_layers layers;
  sp_document *document;
  char text[2048];
  snprintf(text, sizeof text, "model.layers: %s", yaml);
  assert_ok(sp_document_parse(text, strlen(text), "test.yaml", &document));
  assert_ok(sp_document_resolve(document, table, &layers.document));
  sp_document_free(document);
  sp_document_read(layers.document, table, &layers.list);
  return layers;
}

/// n values in the precision, reproducible: uniform in [-1, 1). Freed by the caller.
static inline void *random_values(sp_dtype precision, int64_t n, uint64_t seed) {
  void *values = calloc((size_t)n + 1, sp_dtype_size(precision));
  sp_random_key key = sp_random_key_make(seed, SP_RANDOM_DATA, 0);
  for (int64_t i = 0; i < n; i++) {
    // Rounded to float32 in either precision, so that both compute from the same numbers.
    sp_value_set(precision, values, i, (double)(float)(2 * sp_random_uniform(key, (uint64_t)i) - 1));
  }
  return values;
}

static inline double largest_of(sp_dtype precision, const void *values, int64_t n) {
  double largest = 0;
  for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(sp_value_at(precision, values, i)));
  return largest;
}

/// The largest difference, relative to the largest value of b.
static inline double difference(sp_dtype precision_a, const void *a, sp_dtype precision_b, const void *b, int64_t n) {
  double largest = 0, scale = largest_of(precision_b, b, n);
  for (int64_t i = 0; i < n; i++) {
    double d = fabs(sp_value_at(precision_a, a, i) - sp_value_at(precision_b, b, i));
    if (!(d <= largest)) largest = d;
  }
  return scale > 0 ? largest / scale : largest;
}

#endif
