// SPDX-License-Identifier: Apache-2.0
// Random matrix products and sums of products over lanes, against the reference, bit for bit. SHARDPROP_FUZZ: how many.
#include "products.h"

static void random_products(void **state) {
  (void)state;
  const char *chosen = getenv("SHARDPROP_FUZZ");
  const long rounds = chosen ? strtol(chosen, NULL, 10) : 300;
  dice d = {.key = sp_random_key_make((uint64_t)rounds, SP_RANDOM_DATA, 1)};  // other numbers in longer runs
  for (long round = 0; round < rounds; round++) {
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
