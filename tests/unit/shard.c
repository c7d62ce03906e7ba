// SPDX-License-Identifier: Apache-2.0
// Shards: every block has one owner, the blocks of an owner are consecutive, in rank order and as even as possible.
#include "exchange/shard.h"

#include "check.h"

static void runs_follow_from_the_size(void **state) {
  (void)state;
  const int64_t expected[][2] = {
      {0, 1}, {1, 1}, {1023, 1}, {1024, 2}, {1535, 2}, {1536, 3}, {8191, 15}, {8192, 16}, {INT64_MAX / 4096, 16}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    for (int ranks = 1; ranks < 5000; ranks += 999) {
      assert_int_equal(sp_shard_runs(&(sp_shards){expected[i][0], 0, ranks}), expected[i][1]);
    }
  }
}

/// Slices follow each other, in runs and in shards; sizes differ by one in a run and by a few in all, for ranks and for
/// neighbours (`group` ranks) alike.
static void check_shards(int64_t blocks, int ranks, int group) {
  sp_shards shards = {blocks, 0, ranks};
  int runs = sp_shard_runs(&shards);
  int64_t next = 0, *total = calloc((size_t)ranks, sizeof *total);
  for (int run = 0; run < runs; run++) {
    int64_t begin = next, end = run + 1 < runs ? sp_shard_slice(&shards, 0, run + 1).first : blocks, together = 0;
    assert_in_range(end - begin, blocks / runs, (blocks + runs - 1) / runs);
    for (int rank = 0; rank < ranks; rank++) {
      sp_slice slice = sp_shard_slice(&shards, rank, run);
      assert_int_equal(slice.first, next);
      assert_int_equal(slice.place, total[rank]);
      assert_in_range(slice.blocks, (end - begin) / ranks, (end - begin + ranks - 1) / ranks);
      together += slice.blocks;
      if (rank % group == group - 1) {
        assert_in_range(together, (end - begin) * group / ranks, ((end - begin) * group + ranks - 1) / ranks);
        together = 0;
      }
      next += slice.blocks;
      total[rank] += slice.blocks;
    }
    assert_int_equal(next, end);
  }
  assert_int_equal(next, blocks);
  int64_t least = INT64_MAX, most = 0;
  for (int rank = 0; rank < ranks; rank++) {
    assert_int_equal(sp_shard_blocks(&shards, rank), total[rank]);
    if (total[rank] < least) least = total[rank];
    if (total[rank] > most) most = total[rank];
  }
  assert_in_range(most - least, 0, runs == 1 ? 1 : 4);
  free(total);
}

static void slices_cover_all_blocks(void **state) {
  (void)state;
  for (int64_t blocks = 0; blocks < 40; blocks++) {
    for (int ranks = 1; ranks < 12; ranks++) check_shards(blocks, ranks, 3);
  }
  for (int64_t blocks = 1000; blocks < 10000; blocks += 173) {
    for (int ranks = 1; ranks < 70; ranks += 3) check_shards(blocks, ranks, 4);
    check_shards(blocks, 1000, 16);  // more than blocks in a run
  }
  check_shards(1024, 4096, 64);  // more than blocks
}

static void no_size_is_too_large(void **state) {
  (void)state;
  sp_shards shards = {INT64_MAX / 4096, 0, INT32_MAX};
  sp_slice last = sp_shard_slice(&shards, INT32_MAX - 1, SP_SHARD_RUNS - 1);
  assert_int_equal(last.first + last.blocks, shards.blocks);
  assert_in_range(sp_shard_blocks(&shards, 12345), shards.blocks / shards.ranks - 4, shards.blocks / shards.ranks + 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(runs_follow_from_the_size),
      cmocka_unit_test(slices_cover_all_blocks),
      cmocka_unit_test(no_size_is_too_large),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
