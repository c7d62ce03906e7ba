// SPDX-License-Identifier: Apache-2.0
// The option tables of the model: what YAML says reaches the network, and what is wrong is refused with its place.
#include "columns.h"
#include "config/document.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "model.h"
#include "model/loss.h"

static sp_document *resolved(const char *yaml) {
  sp_document *document, *out;
  assert_ok(sp_document_parse(yaml, strlen(yaml), "model.yaml", &document));
  assert_ok(sp_document_resolve(document, sp_model_fields, &out));
  sp_document_free(document);
  return out;
}

static void refuse(const char *yaml, const char *part) {
  sp_document *document, *out = NULL;
  assert_ok(sp_document_parse(yaml, strlen(yaml), "model.yaml", &document));
  assert_fails(sp_document_resolve(document, sp_model_fields, &out), SP_ERR_CONFIG, part);
  assert_null(out);
  sp_document_free(document);
}

static void defaults(void **state) {
  (void)state;
  sp_document *document = resolved("layers: [{dense: {units: 3}}]\nloss: huber\n");
  sp_model_options options;
  sp_document_read(document, sp_model_fields, &options);
  assert_int_equal(options.inputs.count, 0);
  assert_int_equal(options.metrics.count, 0);
  assert_null(options.initial);
  const sp_dense_options *dense = options.layers.item[0].options;
  assert_int_equal(dense->units, 3);
  assert_true(dense->bias);
  assert_null(dense->name);
  assert_string_equal(dense->weight_init.type->name, "glorot_uniform");
  assert_string_equal(dense->bias_init.type->name, "zeros");
  assert_near(*(const double *)((const char *)options.loss.options + options.loss.type->options->offset), 1,
              0);  // delta
  sp_document_free(document);
}

static void everything(void **state) {
  (void)state;
  sp_document *document = resolved(
      "inputs: {features: [2, 3]}\n"
      "layers:\n"
      "  - flatten\n"
      "  - dense: {units: 8, bias: false, weight_init: {uniform: {low: -1, high: 1}}, name: first}\n"
      "  - relu\n"
      "  - dense: {units: 8, weight_init: {normal: {stddev: 0.1}}, bias_init: {constant: {value: 0.5}}}\n"
      "  - tanh\n"
      "  - dense: {units: 8, weight_init: he_normal}\n"
      "  - sigmoid\n"
      "  - dense: {units: 4, weight_init: he_uniform}\n"
      "loss: softmax_cross_entropy\n"
      "metrics: [accuracy, {top_k: {k: 2}}]\n");
  sp_model_options options;
  sp_document_read(document, sp_model_fields, &options);
  sp_network *network;
  const sp_data_form data = pair_form((sp_shape){1, {6}}, (sp_shape){0}, true);
  assert_ok(sp_network_create(&options, &data, (sp_arithmetic){.precision = SP_FLOAT32}, &network));
  const sp_parameter_table *table = sp_network_table(network);
  assert_int_equal(table->tensors, 7);
  assert_string_equal(table->tensor[0].name, "first/weight");
  assert_string_equal(table->tensor[1].name, "dense_2/weight");
  assert_string_equal(sp_network_score_name(network, 0), "loss");
  assert_string_equal(sp_network_score_name(network, 2), "top_2");
  assert_false(sp_network_score_higher_is_better(network, 0));
  assert_true(sp_network_score_higher_is_better(network, 2));
  float *parameters = calloc((size_t)sp_parameter_values(table), sizeof *parameters);
  assert_ok(sp_network_initialise(network, 1, parameters));
  for (int i = 0; i < 8; i++) assert_near(parameters[table->tensor[2].offset + i], 0.5, 0);
  free(parameters);
  sp_network_free(network);
  sp_document_free(document);
}

static void refusals(void **state) {
  (void)state;
  refuse("layers: [{dense: {units: 0}}]\nloss: mse\n", "model.yaml:1:19: layers[0].dense.units");
  refuse("layers: [{dense: {}}]\nloss: mse\n", "units");
  refuse("layers: [{dens: {units: 1}}]\nloss: mse\n", "did you mean 'dense'?");
  refuse("layers: [relu]\nloss: {huber: {delta: 0}}\n", "delta");
  refuse("layers: [relu]\nloss: mse\nmetrics: [{top_k: {k: 0}}]\n", "top_k.k");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults),
      cmocka_unit_test(everything),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
