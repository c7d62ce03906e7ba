// SPDX-License-Identifier: Apache-2.0
// Numbers for people to read.
#include "base/text.h"

#include <math.h>

#include "base/visible.h"
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

static void invisible_characters(void **state) {
  (void)state;
  static const struct {
    const char *text, *visible, *json;
  } cases[] = {{"a\u200bb", "a\\u200bb", "\"a\\u200bb\""},
               {"a\u00adb", "a\\u00adb", "\"a\\u00adb\""},
               {"\u2060", "\\u2060", "\"\\u2060\""},
               {"\u202e", "\\u202e", "\"\\u202e\""},
               {"\u2067", "\\u2067", "\"\\u2067\""},
               {"\u3164", "\\u3164", "\"\\u3164\""},
               {"\ufe0f", "\\ufe0f", "\"\\ufe0f\""},
               {"\ufeff", "\\ufeff", "\"\\ufeff\""},
               {"\ufff9", "\\ufff9", "\"\\ufff9\""},
               {"\U000e0041", "\\U000e0041", "\"\\udb40\\udc41\""},
               {"\U0001d173", "\\U0001d173", "\"\\ud834\\udd73\""},
               {"é ä €  𝄞 中 \u0600", "é ä €  𝄞 中 \u0600", "\"é ä €  𝄞 中 \u0600\""}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char shown[64];
    sp_text json = {0};
    sp_visible_copy(cases[i].text, false, shown, sizeof shown);
    assert_string_equal(shown, cases[i].visible);
    sp_text_add_json(&json, cases[i].text);
    assert_string_equal(json.data, cases[i].json);
    sp_text_free(&json);
  }
}

static void long_names_are_shortened(void **state) {
  (void)state;
  char text[8192], shown[8192], again[8192], expected[8192];
  // A name of 5,000 bytes with spaces in it, and what is said of it.
  int length = snprintf(text, sizeof text, "run: first");
  while (length < 5000) length += snprintf(text + length, 16, "%s", length % 7 ? "n" : " ");
  snprintf(text + length, sizeof text - (size_t)length, "last.h5: no such file");
  sp_visible_copy(text, false, shown, sizeof shown);
  snprintf(expected, sizeof expected, "%.504s…%s", text, text + strlen(text) - 514);
  assert_string_equal(shown, expected);
  sp_visible_copy(shown, false, again, sizeof again);
  assert_string_equal(again, shown);
  // Escapes are not cut, and count as they are shown; a short text is unchanged.
  for (length = 0; length < 3000; length += 3) memcpy(text + length, "\u200b", 4);
  sp_visible_copy(text, false, shown, sizeof shown);
  assert_int_equal(strlen(shown), 84 * 6 + 3 + 83 * 6);
  assert_memory_equal(shown + 83 * 6, "\\u200b…\\u200b", 6 + 3 + 6);
  memset(text, 'x', 1200);
  text[1200] = '\0';
  sp_visible_copy(text, false, shown, sizeof shown);
  assert_string_equal(shown, text);
}

static void numbers_with_their_nouns(void **state) {
  (void)state;
  char text[SP_TEXT_COUNTED];
  assert_string_equal(sp_text_counted(1, "row", text), "1 row");
  assert_string_equal(sp_text_counted(0, "training row", text), "0 training rows");
  assert_string_equal(sp_text_counted(48000, "mini-batch", text), "48,000 mini-batches");
  assert_string_equal(sp_text_counted(2, "epoch", text), "2 epochs");
  assert_string_equal(sp_text_counted(2, "entry", text), "2 entries");
  assert_string_equal(sp_text_counted(2, "day", text), "2 days");
  assert_string_equal(sp_text_counted(3, "pass", text), "3 passes");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_with_their_nouns), cmocka_unit_test(scores),
                                     cmocka_unit_test(json), cmocka_unit_test(invisible_characters),
                                     cmocka_unit_test(long_names_are_shortened)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
