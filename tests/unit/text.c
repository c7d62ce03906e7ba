// SPDX-License-Identifier: Apache-2.0
// Numbers for people to read.
#include "base/text.h"

#include <math.h>

#include "check.h"

static void scores(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *text;
  } cases[] = {
      {0, "0.0000"},         {0.8761, "0.8761"},        {-12.34, "-12.3400"},
      {0.001, "0.0010"},     {9999999, "9999999.0000"}, {1.2345e-5, "1.234e-05"},
      {-5.6e12, "-5.6e+12"}, {1e300, "1e+300"},         {INFINITY, "inf"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char buffer[32];
    assert_string_equal(sp_text_score(cases[i].value, buffer), cases[i].text);
  }
}

static void json(void **state) {
  (void)state;
  sp_text text = {0};
  sp_text_add_json(&text, "a \"b\" \\ \n\x01 é €𝄞 \xff\xc3 \xe0\x80\x80.");
  assert_string_equal(text.data,
                      "\"a \\\"b\\\" \\\\ \\u000a\\u0001 é €𝄞 \\ufffd\\ufffd "
                      "\\ufffd\\ufffd\\ufffd.\"");
  sp_text_free(&text);
  static const double values[] = {0.1, -2, 1789000000.125, INFINITY, NAN};
  for (int i = 0; i < 5; i++) {
    sp_text_append(&text, " ", 1);
    sp_text_add_json_number(&text, values[i], 13);
  }
  assert_string_equal(text.data, " 0.1 -2 1789000000.125 null null");
  sp_text_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(scores), cmocka_unit_test(json)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
