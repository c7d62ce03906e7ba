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
      {0, "0.0000"},         {0.8761, "0.8761"},    {-12.34, "-12.3400"}, {0.001, "0.0010"},     {9999999, "9999999.0000"},
      {1.2345e-5, "1.234e-05"}, {-5.6e12, "-5.6e+12"}, {1e300, "1e+300"},    {INFINITY, "inf"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char buffer[32];
    assert_string_equal(sp_text_score(cases[i].value, buffer), cases[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(scores)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
