// SPDX-License-Identifier: Apache-2.0
// Quantities with units: accepted forms, and errors.
#include "base/units.h"

#include "check.h"

static void rates_are_bytes_a_second(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double expected;
  } known[] = {{"10gbit", 1.25e9}, {"10Gbit/s", 1.25e9}, {"1.25GB/s", 1.25e9}, {"800 Mbit/s", 1e8},
               {"8bit", 1},        {"7B/s", 7},          {"1e3kB", 1e6},       {".5tb", 5e11}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    double rate = 0;
    if (!sp_parse_rate(known[i].text, &rate)) fail_msg("%s is refused", known[i].text);
    assert_near(rate, known[i].expected, 1e-9 * known[i].expected);
  }
  static const char *const wrong[] = {"",         "10",       "gbit",        "-1gbit",   "0gbit",
                                      "nan gbit", "inf gbit", "10gbits",     "10 g bit", "1e999gbit",
                                      "10gbit/h", "/s",       "0x10gbit/s/s"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    double rate = 17;
    if (sp_parse_rate(wrong[i], &rate)) fail_msg("%s is taken as %g", wrong[i], rate);
    assert_true(rate == 17);
  }
}

static void times_are_seconds(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double expected;
  } known[] = {{"20us", 20e-6}, {"0.5 ms", 5e-4}, {"0s", 0}, {"3NS", 3e-9}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    double seconds = -1;
    if (!sp_parse_seconds(known[i].text, &seconds)) fail_msg("%s is refused", known[i].text);
    assert_near(seconds, known[i].expected, 1e-12);
  }
  static const char *const wrong[] = {"", "20", "us", "-1us", "20 minutes", "20us/s"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    double seconds = 17;
    if (sp_parse_seconds(wrong[i], &seconds)) fail_msg("%s is taken as %g", wrong[i], seconds);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rates_are_bytes_a_second), cmocka_unit_test(times_are_seconds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
