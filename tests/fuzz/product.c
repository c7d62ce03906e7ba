// SPDX-License-Identifier: Apache-2.0
// Random matrix products against the reference, bit for bit. SHARDPROP_FUZZ_SECONDS: how long; SHARDPROP_FUZZ_SEED: which.
#include <time.h>

#include "products.h"

static double number_from(const char *name, double otherwise) {
  const char *text = getenv(name);
  return text ? strtod(text, NULL) : otherwise;
}

static void random_products(void **state) {
  (void)state;
  enum { FEWEST = 300 };
  const double seconds = number_from("SHARDPROP_FUZZ_SECONDS", 0), seed = number_from("SHARDPROP_FUZZ_SEED", 11);
  dice d = {.key = sp_random_key_make((uint64_t)seed, SP_RANDOM_DATA, 1)};
  const time_t start = time(NULL);
  for (int round = 0; round < FEWEST || difftime(time(NULL), start) < seconds; round++) {
    int64_t size[3], longest = 1 << throw_dice(&d, 9);
    for (int i = 0; i < 3; i++) size[i] = throw_dice(&d, throw_dice(&d, 3) == 0 ? 2 * longest + 1 : 24);
    if (round % 4 == 0) {
      check_random_lanes(&d, throw_dice(&d, 2) ? SP_FLOAT64 : SP_FLOAT32, 1 + size[0], 1 + size[1],
                         1 + throw_dice(&d, 70), 8);
    }
    check_random_product(&d, throw_dice(&d, 2) ? SP_FLOAT64 : SP_FLOAT32, size[0], size[1], size[2]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_products)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
