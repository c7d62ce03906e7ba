// SPDX-License-Identifier: Apache-2.0
// Option tables: names, nearest names, the help that is printed from them, and single words that fill members.
#include "config/options.h"

#include "check.h"
#include "config/help.h"
#include "config/names.h"
#include "config/read.h"
#include "config_example.h"

static void variants_are_found_by_name(void **state) {
  (void)state;
  assert_ptr_equal(sp_variant_find(example_layers, "relu"), &relu_variant);
  assert_null(sp_variant_find(example_layers, "Relu"));
  assert_null(sp_variant_find(example_layers, ""));
}

static void nearest_names_are_near(void **state) {
  (void)state;
  static const char *const names[] = {"lr",       "decay",    "epsilon",     "epsilon_inside_root",
                                      "momentum", "centered", "weight_decay"};
  static const struct {
    const char *name, *nearest;
  } known[] = {{"decay", "decay"},
               {"decya", "decay"},  // two neighbours swapped
               {"deca", "decay"},
               {"decayy", "decay"},
               {"dekay", "decay"},
               {"DECAY", "decay"},
               {"dcya", NULL},  // two edits in four letters
               {"lt", "lr"},
               {"l", NULL},
               {"xy", NULL},
               {"momentun", "momentum"},
               {"momntm", "momentum"},
               {"mumentun", "momentum"},
               {"weight-decay", "weight_decay"},
               {"weightdecay", "weight_decay"},
               {"epsilon_inside", NULL},
               {"epsilon_insideroot", "epsilon_inside_root"},
               {"learning_rate", NULL},
               {"", NULL}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    const char *nearest = sp_nearest_name(known[i].name, names, 7);
    if (!known[i].nearest) {
      if (nearest) fail_msg("%s: %s", known[i].name, nearest);
    } else {
      if (!nearest) fail_msg("%s: nothing", known[i].name);
      assert_string_equal(nearest, known[i].nearest);
    }
  }
  char endless[5000];
  memset(endless, 'x', sizeof endless);
  endless[sizeof endless - 1] = '\0';
  assert_null(sp_nearest_name(endless, names, 7));
  assert_null(sp_nearest_name("decay", NULL, 0));
}

static void help_describes_every_option(void **state) {
  (void)state;
  sp_text text = {0};
  sp_options_help(&text, example_table, 2);
  assert_string_equal(text.data,
                      "  name       string, default run\n"
                      "             Of the run.\n"
                      "  data       section\n"
                      "             What is learnt from.\n"
                      "      file      string or a list of strings, required\n"
                      "                Names or globs.\n"
                      "      features  string, optional\n"
                      "                Name of an HDF5 data set.\n"
                      "      shuffle   one of full, chunks, none, default full\n"
                      "                Order of the rows.\n"
                      "  input      list of integers >= 1, optional\n"
                      "             Shape of a sample.\n"
                      "  layers     list of the names below, default []\n"
                      "             In the order of the forward pass.\n"
                      "               dense     Every value of a sample with every other.\n"
                      "               relu      max(0, x).\n"
                      "               residual  The input and what layers make of it.\n"
                      "  optimizer  one of the names below, default rmsprop\n"
                      "             Rule of the update.\n"
                      "               rmsprop  Tieleman and Hinton 2012.\n"
                      "               sgd      Robbins and Monro 1951.\n"
                      "  train      section\n"
                      "             How long and how.\n"
                      "      batch_size  integer in [1, inf), in rows, default 32\n"
                      "                  Of a whole batch.\n"
                      "      lanes       'auto' or an integer in [1, 65536], default auto\n"
                      "                  Virtual workers.\n"
                      "      patience    integer, optional\n"
                      "                  Epochs without progress.\n"
                      "      every       'auto' or an interval like '500 steps', '1 epoch' or '10 minutes', default "
                      "auto\n"
                      "                  Between two checkpoints.\n"
                      "      budget      number, optional\n"
                      "                  What it may cost.\n"
                      "  log        section, optional\n"
                      "             What is said.\n"
                      "      level     integer in [0, 3], default 3\n"
                      "                How much is said.\n");
  sp_text_free(&text);
  sp_options_help(&text, rmsprop_fields, 0);
  assert_string_equal(text.data,
                      "lr        number in (0, inf), default 0.001\n"
                      "          Size of a step.\n"
                      "decay     number in [0, 1), default 0.9\n"
                      "          Of the average of squares.\n"
                      "clip      'none', 'inf' or a number in (0, 10], default none\n"
                      "          Largest norm of a gradient.\n");
  sp_text_free(&text);
}

static void words_of_a_command_line_fill_members(void **state) {
  (void)state;
  int64_t integer;
  double real;
  int choice;
  bool truth;
  const char *string, *text = "any 'thing'";
  sp_interval interval;
  const sp_option ranks = {.kind = SP_OPTION_INT, .range = "[1, 8]"};
  const sp_option noise = {.kind = SP_OPTION_REAL, .range = "none|[0, 1)"};
  const sp_option rows = {.kind = SP_OPTION_CHOICE, .range = "test|validation|train"};
  const sp_option quiet = {.kind = SP_OPTION_BOOL}, name = {.kind = SP_OPTION_STRING};
  const sp_option every = {.kind = SP_OPTION_INTERVAL};
  assert_ok(sp_option_read(&ranks, "0.8e1", &integer));
  assert_int_equal(integer, 8);
  assert_ok(sp_option_read(&noise, ".25", &real));
  assert_true(real == 0.25);
  assert_ok(sp_option_read(&noise, "none", &real));
  assert_true(isnan(real));
  assert_ok(sp_option_read(&rows, "train", &choice));
  assert_int_equal(choice, 2);
  assert_ok(sp_option_read(&quiet, "true", &truth));
  assert_true(truth);
  assert_ok(sp_option_read(&name, text, &string));
  assert_ptr_equal(string, text);
  assert_ok(sp_option_read(&every, "2 epochs", &interval));
  assert_true(interval.value == 2 && interval.unit == SP_EPOCHS);

  assert_fails(sp_option_read(&ranks, "0", &integer), SP_ERR_USAGE, "expected an integer in [1, 8], got '0'");
  assert_fails(sp_option_read(&ranks, "1x", &integer), SP_ERR_USAGE, "expected an integer in [1, 8], got '1x'");
  assert_fails(sp_option_read(&ranks, "1e30", &integer), SP_ERR_USAGE, "got '1e30' (does not fit in 64 bits)");
  assert_int_equal(integer, 8);
  assert_fails(sp_option_read(&noise, "1", &real), SP_ERR_USAGE, "expected 'none' or a number in [0, 1), got '1'");
  assert_true(isnan(real));
  assert_fails(sp_option_read(&rows, "tset", &choice), SP_ERR_USAGE,
               "expected one of test, validation, train, got 'tset' (did you mean 'test'?)");
  assert_fails(sp_option_read(&rows, "\n", &choice), SP_ERR_USAGE, "got '\\n'");
  assert_int_equal(choice, 2);

  assert_ok(sp_option_read(&ranks, NULL, &integer));
  assert_true(integer == SP_AUTO);
  assert_ok(sp_option_read(&rows, NULL, &choice));
  assert_int_equal(choice, -1);
  assert_ok(sp_option_read(&name, NULL, &string));
  assert_null(string);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(variants_are_found_by_name),
      cmocka_unit_test(nearest_names_are_near),
      cmocka_unit_test(help_describes_every_option),
      cmocka_unit_test(words_of_a_command_line_fill_members),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
