// The exchange on several ranks against a sum worked out by each rank alone, bit by bit.
#include "exchange/exchange.h"

#include "base/random.h"
#include "base/share.h"
#include "check.h"
#include "exchange/lanes.h"
#include "model/parameters.h"

static sp_comm comm;

// A lane's gradient: values of many magnitudes, so that another order of additions gives other bits.
static float lane_value(int64_t lane, int64_t i) {
  sp_random_key key = sp_random_key_make(5, SP_RANDOM_DATA, (uint64_t)lane);
  return (float)ldexp(sp_random_uniform(key, (uint64_t)i) - 0.5, (int)((i + lane) % 20));
}

static float tree_value(int64_t lanes, int64_t begin, int64_t span, int64_t i) {
  if (span == 1) return lane_value(begin, i);
  float left = tree_value(lanes, begin, span / 2, i);
  return begin + span / 2 < lanes ? left + tree_value(lanes, begin + span / 2, span / 2, i) : left;
}

static void check_reduction(int64_t lanes, int64_t blocks, int64_t stride) {
  sp_exchange *x;
  assert_ok(sp_exchange_create(&comm, lanes, SP_FLOAT32, blocks, &x));
  const sp_shards *shards = sp_exchange_shards(x);
  int64_t span = 1;
  while (span < lanes) span *= 2;
  for (int step = 0; step < 2; step++) {  // twice: a step leaves nothing behind for the next
    for (int64_t lane = sp_exchange_first_lane(x); lane < sp_exchange_end_lane(x); lane++) {
      float *gradient = sp_exchange_gradient(x);
      for (int64_t i = 0; i < blocks * SP_BLOCK; i += stride) gradient[i] = lane_value(lane, i + step);
      sp_exchange_lane_done(x);
    }
    const float *sum = sp_exchange_reduce(x);
    for (int run = 0; run < sp_shard_runs(shards); run++) {
      sp_slice slice = sp_shard_slice(shards, comm.rank, run);
      int64_t first = slice.first * SP_BLOCK, end = first + slice.blocks * SP_BLOCK;
      for (int64_t i = (first + stride - 1) / stride * stride; i < end; i += stride) {
        float expected = tree_value(lanes, 0, span, i + step), got = sum[slice.place * SP_BLOCK + i - first];
        assert_memory_equal(&got, &expected, sizeof got);
      }
    }
  }
  float *parameters = calloc((size_t)(blocks * SP_BLOCK), sizeof *parameters);
  for (int run = 0; run < sp_shard_runs(shards); run++) {
    sp_slice slice = sp_shard_slice(shards, comm.rank, run);
    int64_t first = slice.first * SP_BLOCK, end = first + slice.blocks * SP_BLOCK;
    for (int64_t i = first; i < end; i++) parameters[i] = (float)i;
  }
  sp_exchange_publish(x, parameters);
  for (int64_t i = 0; i < blocks * SP_BLOCK; i++) assert_true(parameters[i] == (float)i);
  free(parameters);
  sp_exchange_free(x);
}

static void reductions(void **state) {
  (void)state;
  const int64_t lanes[] = {comm.size, comm.size + 1, 8, 13};
  for (int i = 0; i < 4; i++) {
    check_reduction(lanes[i], 1, 7);    // fewer blocks than ranks
    check_reduction(lanes[i], 9, 61);
  }
  check_reduction(8, 300, 997);  // more than one bucket a slice
  check_reduction(comm.size + 1, 1700, 4999);  // several runs
}

static void sums_of_lanes(void **state) {
  (void)state;
  const int64_t lanes = 11;
  sp_exchange *x;
  assert_ok(sp_exchange_create(&comm, lanes, SP_FLOAT64, 2, &x));
  for (int64_t width = 1; width < 40; width += 13) {
    double mine[11 * 40], total[40];
    int64_t first = sp_exchange_first_lane(x), end = sp_exchange_end_lane(x);
    for (int64_t lane = first; lane < end; lane++) {
      for (int64_t i = 0; i < width; i++) mine[(lane - first) * width + i] = ldexp(1.0, (int)lane) + (double)i / 3;
    }
    assert_ok(sp_exchange_sums(x, width, mine, total));
    for (int64_t i = 0; i < width; i++) assert_near(total[i], 2047 + 11 * (double)i / 3, 1e-9);
    double low, high;
    MPI_Allreduce(&total[width - 1], &low, 1, MPI_DOUBLE, MPI_MIN, comm.world);
    MPI_Allreduce(&total[width - 1], &high, 1, MPI_DOUBLE, MPI_MAX, comm.world);
    assert_true(low == high);
  }
  sp_exchange_free(x);
}

static void more_ranks_than_lanes(void **state) {  // as when a run is scored on many ranks
  (void)state;
  sp_exchange *x;
  double mine[2] = {3, 4}, total[2];
  assert_ok(sp_exchange_create(&comm, 1, SP_FLOAT32, 3, &x));
  assert_int_equal(sp_exchange_end_lane(x) - sp_exchange_first_lane(x), comm.rank == comm.size - 1);
  assert_ok(sp_exchange_sums(x, 2, mine, total));
  assert_true(total[0] == 3 && total[1] == 4);
  sp_exchange_free(x);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  sp_comm_open(MPI_COMM_WORLD, &comm);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reductions),
      cmocka_unit_test(sums_of_lanes),
      cmocka_unit_test(more_ranks_than_lanes),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  sp_comm_close(&comm);
  MPI_Finalize();
  return failed;
}
