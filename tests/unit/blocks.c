// SPDX-License-Identifier: Apache-2.0
// Building blocks and embeddings: names, limits, and what is refused with which message.
#include "model.h"
#include "model/builder.h"
#include "model/chain.h"

static sp_status build(const char *yaml, const sp_shape *input, sp_dtype precision, sp_text *names) {
  written_layers layers = layers_from(yaml);
  sp_arena *arena = sp_arena_create();
  sp_builder *builder = sp_builder_create(arena, precision);
  sp_layer_chain chain;
  sp_layer *const *layer;
  sp_status status = sp_layer_chain_build(builder, &layers.list, input, &chain);
  int64_t count = sp_builder_layers(builder, &layer);
  for (int64_t i = 0; names && i < count; i++) sp_text_add(names, "%s%s", i > 0 ? " " : "", layer[i]->name);
  sp_arena_free(arena);
  sp_document_free(layers.document);
  return status;
}

static void must_refuse(const char *yaml, const char *message) {
  sp_status status = build(yaml, &(sp_shape){1, {8}}, SP_FLOAT32, NULL);
  assert_true(status == SP_ERR_CONFIG || status == SP_ERR_SHAPE);
  assert_string_equal(sp_error_message(), message);
}

static void must_name(const char *yaml, const char *expected) {
  sp_text names = {0};
  assert_ok(build(yaml, &(sp_shape){1, {8}}, SP_FLOAT32, &names));
  assert_string_equal(sp_text_string(&names), expected);
  sp_text_free(&names);
}

static void names(void **state) {
  (void)state;
  must_name("[tanh, {residual: [tanh, {dense: {units: 8}}]}, tanh, {residual: [{residual: [tanh]}, relu, tanh]}]",
            "tanh_1 residual_1 residual_1/tanh_1 residual_1/dense_1 tanh_2 residual_2 residual_2/residual_1 "
            "residual_2/residual_1/tanh_1 residual_2/relu_1 residual_2/tanh_1");
  must_name("[{repeat: {times: 3, layers: [{dense: {units: 4}}, relu]}}, relu]",
            "repeat_1 repeat_1/1/dense_1 repeat_1/1/relu_1 repeat_1/2/dense_1 repeat_1/2/relu_1 repeat_1/3/dense_1 "
            "repeat_1/3/relu_1 relu_1");
  must_name("[{residual: {layers: [{dropout: {name: a}}], name: outer}}, {dropout: {name: a}}, dropout]",
            "outer outer/a a dropout_2");
  must_name("[{repeat: {times: 2, name: r, layers: [{residual: {layers: [{dropout: {name: same}}], name: b}}]}}]",
            "r r/1/b r/1/b/same r/2/b r/2/b/same");
}

static void names_are_refused(void **state) {
  (void)state;
  must_refuse("[{residual: [{dropout: {name: a}}, {dropout: {name: a}}]}]",
              "model.layers[0].residual.layers[1]: the name 'residual_1/a' is already used by "
              "model.layers[0].residual.layers[0]");
  must_refuse("[{residual: {layers: [tanh], name: a}}, {residual: {layers: [tanh], name: a}}]",
              "model.layers[1]: the name 'a' is already used by model.layers[0]");
  must_refuse("[{residual: {layers: [tanh], name: a/b}}]",
              "model.layers[0]: name 'a/b': expected 1 to 63 letters, digits, _ . -, not beginning with . or -");
#define LONG "a23456789012345678901234567890123456789012345678901234567890123"
  must_refuse("[{residual: {name: " LONG ", layers: [{dropout: {name: " LONG "}}]}}]",
              "model.layers[0].residual.layers[0]: name '" LONG "': with the names of the blocks around it, '" LONG
              "/', it is longer than 79 characters: shorten one of them");
  must_refuse("[{residual: {name: " LONG ", layers: [{repeat: {times: 1, name: b2345678, layers: [dropout]}}]}}]",
              "model.layers[0].residual.layers[0].repeat.layers[0]: the name '" LONG
              "/b2345678/1/dropout_1' is longer than 79 "
              "characters: give the blocks around it shorter names");
}

static void shapes_are_refused(void **state) {
  (void)state;
  must_refuse("[{dense: {units: 3}}, {residual: [tanh, {dense: {units: 5}}]}]",
              "model.layers[1]: residual_1: its layers turn samples of shape [3] into [5], expected the same shape, so "
              "that both can be added");
  must_refuse("[{repeat: {times: 2, layers: [{residual: [{dense: {units: 8}}, {dense: {units: 9}}]}]}}]",
              "model.layers[0].repeat.layers[0]: repeat_1/1/residual_1: its layers turn samples of shape [8] into [9], "
              "expected the same shape, so that both can be added");
  assert_int_equal(build("[{residual: [flatten]}]", &(sp_shape){2, {2, 3}}, SP_FLOAT32, NULL), SP_ERR_SHAPE);
  assert_int_equal(build("[{residual: [{dense: {units: 3}}]}]", &(sp_shape){2, {2, 3}}, SP_FLOAT32, NULL),
                   SP_ERR_SHAPE);
  assert_string_equal(sp_error_message(),
                      "model.layers[0].residual.layers[0]: expected a flat input, got [2, 3]: put a "
                      "flatten layer before it");
}

static void limits(void **state) {
  (void)state;
  must_refuse("[{residual: []}]", "model.layers[0]: expected at least one layer in the block, got none");
  must_refuse("[{repeat: {times: 2, layers: []}}]",
              "model.layers[0]: expected at least one layer in the block, got none");
  must_name("[{residual: [{residual: [{residual: [{residual: [{residual: [{residual: [tanh]}]}]}]}]}]}]",
            "residual_1 residual_1/residual_1 residual_1/residual_1/residual_1 "
            "residual_1/residual_1/residual_1/residual_1 residual_1/residual_1/residual_1/residual_1/residual_1 "
            "residual_1/residual_1/residual_1/residual_1/residual_1/residual_1 "
            "residual_1/residual_1/residual_1/residual_1/residual_1/residual_1/tanh_1");
  must_refuse(
      "[{residual: [{residual: [{residual: [{residual: [{residual: [{residual: [{residual: [tanh]}]}]}]}]}]}]}]",
      "model.layers[0].residual.layers[0].residual.layers[0].residual.layers[0].residual.layers[0]."
      "residual.layers[0].residual.layers[0]: expected at most 6 blocks within each other");
  must_refuse(
      "[{repeat: {times: 100, layers: [{repeat: {times: 99, layers: [tanh]}}]}}]",
      "model.layers[0].repeat.layers[0].repeat.layers[0]: expected at most 10000 layers, including those within "
      "blocks");
}

static void embeddings_are_refused(void **state) {
  (void)state;
  const sp_shape positions = {1, {8}}, eight = {8, {1, 1, 1, 1, 1, 1, 1, 1}};
  must_refuse("[{embedding: {vocabulary: 4, width: 2, padding: 4}}]",
              "model.layers[0]: padding: expected an integer below the vocabulary, 4, got 4");
  must_refuse(
      "[{embedding: {vocabulary: 16777217, width: 1}}]",
      "model.layers[0]: vocabulary: expected at most 16777216, got 16777217: float32 cannot hold larger integers "
      "exactly (set train.precision to float64)");
  assert_ok(build("[{embedding: {vocabulary: 16777216, width: 1}}]", &positions, SP_FLOAT32, NULL));
  assert_ok(build("[{embedding: {vocabulary: 16777217, width: 1}}]", &positions, SP_FLOAT64, NULL));
  assert_int_equal(build("[{embedding: {vocabulary: 4, width: 2}}]", &eight, SP_FLOAT32, NULL), SP_ERR_SHAPE);
  assert_string_equal(sp_error_message(), "model.layers[0]: expected an input of at most 7 dimensions, got 8");
  static const char first[] =
      "expected the data as input, got the output of a layer that computes: put the embedding "
      "first";
  char message[200];
  snprintf(message, sizeof message, "model.layers[1]: %s", first);
  must_refuse("[dropout, {embedding: {vocabulary: 4, width: 2}}]", message);
  snprintf(message, sizeof message, "model.layers[0].repeat.layers[0]: %s", first);
  must_refuse("[{repeat: {times: 2, layers: [{embedding: {vocabulary: 4, width: 2}}]}}]", message);
  must_name("[flatten, {repeat: {times: 1, layers: [flatten, {embedding: {vocabulary: 4, width: 2}}]}}]",
            "flatten_1 repeat_1 repeat_1/1/flatten_1 repeat_1/1/embedding_1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names),  cmocka_unit_test(names_are_refused),      cmocka_unit_test(shapes_are_refused),
      cmocka_unit_test(limits), cmocka_unit_test(embeddings_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
