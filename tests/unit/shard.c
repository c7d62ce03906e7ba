// Shards: every block has one owner, in rank order, as evenly as it goes.
#include "exchange/shard.h"

#include "check.h"

static void shards_cover_all_blocks(void **state) {
  (void)state;
  for (int64_t blocks = 0; blocks < 40; blocks++) {
    for (int ranks = 1; ranks < 12; ranks++) {
      sp_shards shards = {blocks, 0, ranks};
      assert_int_equal(sp_shard_begin(&shards, 0), 0);
      assert_int_equal(sp_shard_end(&shards, ranks - 1), blocks);
      for (int rank = 0; rank < ranks; rank++) {
        int64_t count = sp_shard_end(&shards, rank) - sp_shard_begin(&shards, rank);
        assert_in_range(count, blocks / ranks, (blocks + ranks - 1) / ranks);
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(shards_cover_all_blocks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
