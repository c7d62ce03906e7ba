// SPDX-License-Identifier: Apache-2.0
// The exchange on several ranks against a sum worked out by each rank alone, bit by bit.
#include "exchange/exchange.h"

#include <limits.h>

#include "base/random.h"
#include "check.h"
#include "comm/window.h"
#include "compute/elementwise.h"
#include "exchange/lanes.h"
#include "exchange/sums.h"
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

// One way of exchanging: nodes of at most `ranks_per_node` ranks, windows or messages, a gradient for each lane or for each
// maximal subtree.
typedef struct way {
  int ranks_per_node;
  bool windows;
  double bucket_mb;
  bool each_lane;
} way;

static float *gradient_of(const sp_exchange_parts *parts, int64_t part) {
  return (float *)(void *)((char *)parts->gradient + part * parts->stride);
}

// Returns the sum of the values of the lanes of a part, along the tree of all lanes.
static float part_value(int64_t lanes, const sp_exchange_parts *parts, int64_t part, sp_subtree hosted, int64_t i) {
  int64_t begin = hosted.begin + (part > 0 ? parts->end[part - 1] : 0), end = hosted.begin + parts->end[part], span = 1;
  assert_true(sp_lanes_is_subtree(lanes, (sp_subtree){begin, end}));
  while (span < end - begin) span *= 2;
  return tree_value(end < lanes ? end : lanes, begin, span, i);
}

static bool take_sum(void *context, sp_stretch s, void *parameters, sp_addends sum) {
  (void)context;
  bool finite = sp_sum(SP_FLOAT32, s.n, sum.first, sum.second, parameters);
  if (!finite) memset(parameters, 0, (size_t)s.n * sizeof(float));
  return finite;
}

// A step whose update puts the sums in place of the parameters; the pass tells what it has done from the end on.
static void make_step(sp_exchange *x, int64_t lanes, sp_subtree hosted, int64_t values, int64_t stride, int64_t step,
                      bool sound) {
  double *mine = calloc((size_t)(hosted.end - hosted.begin) * 2, sizeof *mine), total[2];
  sp_exchange_begin(x);
  sp_exchange_parts parts = sp_exchange_gradients(x);
  assert_int_equal(parts.end[parts.parts - 1], hosted.end - hosted.begin);
  sp_exchange_need(x, values / 2);
  sp_exchange_need(x, values);
  sp_exchange_done(x, values);
  for (int64_t i = (values - 1) / stride * stride; i >= 0; i -= stride) {
    for (int64_t part = 0; part < parts.parts; part++) {
      gradient_of(&parts, part)[i] = part_value(lanes, &parts, part, hosted, i + step);
    }
    if (i % 3 == 0) sp_exchange_done(x, i);
  }
  for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
    mine[(lane - hosted.begin) * 2] = 1;
    mine[(lane - hosted.begin) * 2 + 1] = (double)(lane * step);
  }
  sp_exchange_control(x, mine, total);
  sp_exchange_update(x, sound);
  free(mine);
  assert_true(total[0] == (double)lanes);
  assert_true(total[1] == (double)(lanes * (lanes - 1) / 2 * step));
}

static void check_way(const way *how, bool whole, int64_t lanes, int64_t blocks, int64_t stride) {
  sp_comm nodes;
  sp_exchange *x;
  sp_window window = {0};
  int64_t values = blocks * SP_BLOCK, span = 1;
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, how->ranks_per_node, &nodes));
  assert_ok(sp_window_open(&nodes, values * (int64_t)sizeof(float), "parameters", &window));
  float *own = calloc((size_t)values, sizeof *own), *parameters = how->windows ? window.memory : own;
  sp_exchange_options options = {.bucket_mb = how->bucket_mb};
  sp_exchange_job job = {.lanes = lanes,
                         .precision = SP_FLOAT32,
                         .blocks = blocks,
                         .control = 2,
                         .update = take_sum,
                         .parameters = parameters,
                         .shared = how->windows,
                         .whole = whole,
                         .each_lane = how->each_lane};
  assert_ok(sp_exchange_create(&nodes, &options, &job, &x));
  sp_subtree hosted = sp_lanes_hosted(lanes, nodes.size, nodes.rank);
  while (span < lanes) span *= 2;
  for (int step = 1; step <= 4; step++) {  // again: a step leaves nothing behind for the next
    make_step(x, lanes, hosted, values, stride, step, true);
    if (step % 2 == 1) continue;
    assert_int_equal(sp_exchange_finish(x), -1);
    for (int64_t i = 0; i < values; i += stride) {
      float expected = tree_value(lanes, 0, span, i + step);
      assert_memory_equal(&parameters[i], &expected, sizeof expected);
    }
  }
  make_step(x, lanes, hosted, values, stride, 5, nodes.size == 1);  // all agree that it is not sound
  sp_exchange_finish(x);
  sp_exchange_free(x);
  MPI_Barrier(nodes.world);
  free(own);
  sp_window_close(&window);
  sp_comm_close(&nodes);
}

static void check_ways(int64_t lanes, int64_t blocks, int64_t stride) {
  way ways[] = {{INT_MAX, false, 1, false},
                {INT_MAX, true, 1, false},
                {1, true, 1024, false},
                {2, true, 0.015625, false},
                {3, true, 0.1, false}};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    ways[i].each_lane = (int64_t)i % 2 == lanes % 2;
    check_way(&ways[i], false, lanes, blocks, stride);
    if (lanes == 8) check_way(&ways[i], true, lanes, blocks, stride);
  }
}

static void all_ways_give_the_same_sums(void **state) {
  (void)state;
  const int64_t lanes[] = {comm.size, comm.size + 1, 8, 13};
  for (int i = 0; i < 4; i++) {
    check_ways(lanes[i], 1, 7);  // fewer blocks than ranks
    check_ways(lanes[i], 9, 61);
  }
  check_ways(8, 300, 997);    // more than one bucket a shard
  check_ways(8, 1100, 9973);  // more than one run of the vector
}

// A value of one lane that is not finite: it is not used, nor are those after it, and all ranks get to know where it was.
static void values_that_are_not_finite(void **state) {
  (void)state;
  const way ways[] = {
      {INT_MAX, false, 1, true}, {INT_MAX, true, 1, true}, {1, true, 1, true}, {2, true, 0.015625, true}};
  for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
    enum { BLOCKS = 40, WHERE = 17 * SP_BLOCK + 5 };
    sp_comm nodes;
    sp_window window = {0};
    sp_exchange *x;
    assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, ways[w].ranks_per_node, &nodes));
    assert_ok(sp_window_open(&nodes, BLOCKS * SP_BLOCK * (int64_t)sizeof(float), "parameters", &window));
    float *own = calloc(BLOCKS * SP_BLOCK, sizeof *own), *parameters = ways[w].windows ? window.memory : own;
    sp_exchange_options options = {.bucket_mb = ways[w].bucket_mb};
    sp_exchange_job job = {.lanes = 9,
                           .precision = SP_FLOAT32,
                           .blocks = BLOCKS,
                           .control = 1,
                           .update = take_sum,
                           .parameters = parameters,
                           .shared = ways[w].windows,
                           .each_lane = true};
    assert_ok(sp_exchange_create(&nodes, &options, &job, &x));
    sp_subtree hosted = sp_lanes_hosted(9, nodes.size, nodes.rank);
    sp_exchange_begin(x);
    sp_exchange_parts parts = sp_exchange_gradients(x);
    for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
      float *gradient = gradient_of(&parts, lane - hosted.begin);
      for (int64_t i = 0; i < BLOCKS * SP_BLOCK; i++) gradient[i] = 1;
      if (lane == 4) gradient[WHERE] = INFINITY;
    }
    sp_exchange_done(x, 0);
    double mine[9] = {0}, total;
    sp_exchange_control(x, mine, &total);
    sp_exchange_update(x, true);
    assert_int_equal(sp_exchange_finish(x), WHERE);
    assert_true(parameters[WHERE] == 0);
    assert_true(parameters[0] == 9);
    sp_exchange_free(x);
    MPI_Barrier(nodes.world);
    free(own);
    sp_window_close(&window);
    sp_comm_close(&nodes);
  }
}

// Steps of plain descent, each node's sum rounded on the wire: the parameters stay near the exact ones however many there
// are, all ranks have the same, and half as much is sent.
static bool subtract_sum(void *context, sp_stretch s, void *parameters, sp_addends sum) {
  const float *first = sum.first, *second = sum.second;
  (void)context;
  for (int64_t i = 0; i < s.n; i++) ((float *)parameters)[i] -= second ? first[i] + second[i] : first[i];
  return sp_all_finite(SP_FLOAT32, s.n, parameters);
}

static double distance_after(int steps, sp_exchange_wire wire, int64_t *sent) {
  enum { BLOCKS = 7, LANES = 8 };
  sp_comm nodes;
  sp_window window = {0};
  sp_exchange *x;
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, 2, &nodes));
  assert_ok(sp_window_open(&nodes, BLOCKS * SP_BLOCK * (int64_t)sizeof(float), "parameters", &window));
  float *parameters = window.memory;
  sp_exchange_options options = {.bucket_mb = 0.03125, .wire = wire};
  sp_exchange_job job = {.lanes = LANES,
                         .precision = SP_FLOAT32,
                         .blocks = BLOCKS,
                         .control = 1,
                         .update = subtract_sum,
                         .parameters = parameters,
                         .shared = true,
                         .each_lane = true};
  assert_ok(sp_exchange_create(&nodes, &options, &job, &x));
  sp_subtree hosted = sp_lanes_hosted(LANES, nodes.size, nodes.rank);
  for (int step = 0; step < steps; step++) {
    sp_exchange_begin(x);
    sp_exchange_need(x, BLOCKS * SP_BLOCK);
    sp_exchange_parts parts = sp_exchange_gradients(x);
    for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
      float *gradient = gradient_of(&parts, lane - hosted.begin);
      for (int64_t i = 0; i < BLOCKS * SP_BLOCK; i++) gradient[i] = 1e-3f * (1 + (float)((i * 7 + lane) % 1000) / 1000);
    }
    sp_exchange_done(x, 0);
    double mine[9] = {0}, total;
    sp_exchange_control(x, mine, &total);
    sp_exchange_update(x, true);
  }
  assert_int_equal(sp_exchange_finish(x), -1);
  double furthest = 0;
  for (int64_t i = 0; i < BLOCKS * SP_BLOCK; i++) {
    double sum = 0;
    for (int64_t lane = 0; lane < LANES; lane++) sum += 1e-3 * (1 + (double)((i * 7 + lane) % 1000) / 1000);
    furthest = fmax(furthest, fabs((double)parameters[i] + steps * sum));
    float first = parameters[i];
    if (i % 997 == 0) MPI_Bcast(&first, 1, MPI_FLOAT, 0, nodes.world);
    assert_true(first == parameters[i]);
  }
  *sent = sp_exchange_bytes_sent(x);
  sp_exchange_free(x);
  MPI_Barrier(nodes.world);
  sp_window_close(&window);
  sp_comm_close(&nodes);
  return furthest;
}

static void rounding_on_the_wire_is_made_up_for(void **state) {
  (void)state;
  int64_t full, rounded;
  distance_after(20, SP_WIRE_FULL, &full);
  double early = distance_after(20, SP_WIRE_BFLOAT16, &rounded), late = distance_after(200, SP_WIRE_BFLOAT16, &full);
  assert_true(early < 2e-4 &&
              late < 2e-4 + 200 * 0.016 * 1e-5);  // of 0.012 a step, rounded to 1 in 256; float32 besides
  distance_after(20, SP_WIRE_FULL, &full);
  assert_int_equal(2 * rounded, full);
}

// All or nothing: after a sum that is not finite, and after a step that was not sound, every bit of the parameters is what
// it was, on all ranks, and the steps after those are made as if they had not been.
static bool step_with(sp_exchange *x, sp_subtree hosted, int64_t blocks, float bad, bool sound) {
  sp_exchange_begin(x);
  sp_exchange_need(x, blocks * SP_BLOCK);
  sp_exchange_parts parts = sp_exchange_gradients(x);
  for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
    float *gradient = gradient_of(&parts, lane - hosted.begin);
    for (int64_t i = 0; i < blocks * SP_BLOCK; i++) gradient[i] = 1e-3f * (float)((i * 7 + lane) % 1000);
    if (lane == 4) gradient[3 * SP_BLOCK + 5] += bad;
  }
  sp_exchange_done(x, 0);
  double mine[9] = {0}, total;
  sp_exchange_control(x, mine, &total);
  return sp_exchange_update(x, sound);
}

static void check_all_or_nothing(const way *how, sp_exchange_wire wire) {
  enum { BLOCKS = 40, BYTES = BLOCKS * SP_BLOCK * (int)sizeof(float) };
  sp_comm nodes;
  sp_window window = {0};
  sp_exchange *x;
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, how->ranks_per_node, &nodes));
  assert_ok(sp_window_open(&nodes, BYTES, "parameters", &window));
  char *own = calloc(BYTES, 1), *before = malloc(BYTES), *parameters = how->windows ? window.memory : own;
  sp_exchange_options options = {.bucket_mb = how->bucket_mb, .wire = wire};
  sp_exchange_job job = {.lanes = 9,
                         .precision = SP_FLOAT32,
                         .blocks = BLOCKS,
                         .control = 1,
                         .update = subtract_sum,
                         .parameters = parameters,
                         .shared = how->windows,
                         .whole = true,
                         .each_lane = true};
  assert_ok(sp_exchange_create(&nodes, &options, &job, &x));
  sp_subtree hosted = sp_lanes_hosted(9, nodes.size, nodes.rank);
  const float bad[] = {0, INFINITY, 0, 0, NAN, 3e38f, 0};  // the last one finite, and rounded too
  for (int step = 0; step < 7; step++) {
    bool sound = step != 3, good = sound && isfinite(bad[step]);
    memcpy(before, parameters, BYTES);
    MPI_Barrier(nodes.world);
    assert_int_equal(step_with(x, hosted, BLOCKS, bad[step], sound), good);
    assert_int_equal(sp_exchange_finish(x), good || !sound ? -1 : 3 * SP_BLOCK + 5);
    assert_int_equal(memcmp(before, parameters, BYTES) == 0, !good);
    MPI_Barrier(nodes.world);
  }
  sp_exchange_free(x);
  MPI_Barrier(nodes.world);
  free(own);
  free(before);
  sp_window_close(&window);
  sp_comm_close(&nodes);
}

static void all_or_nothing(void **state) {
  (void)state;
  const way ways[] = {{INT_MAX, false, 1, false},
                      {INT_MAX, true, 1, false},
                      {1, true, 1, false},
                      {2, true, 0.015625, false},
                      {3, true, 0.1, true}};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    check_all_or_nothing(&ways[i], SP_WIRE_FULL);
    if (ways[i].windows) check_all_or_nothing(&ways[i], SP_WIRE_BFLOAT16);
  }
}

// What is measured of the whole gradient: the same bits whoever owns what, and known before the first update, which scales
// with it here, and does not come where it is refused. An oracle adds up the same pieces on one rank alone.
typedef struct measured {
  double total;
  bool known, refused;
} measured;

static double piece_value(int64_t first) { return (double)lane_value(3, first / 1024) / 3; }

static double measure_piece(void *context, sp_stretch s, void *parameters, const void *sum) {
  (void)context, (void)parameters;
  assert_int_equal(s.n, 1024);
  for (int64_t i = 0; i < s.n; i++) assert_true(((const float *)sum)[i] == 9);
  return piece_value(s.first);
}

static bool note_total(void *context, double total) {
  measured *m = context;
  m->total = total;
  m->known = true;
  return !m->refused;
}

static bool take_total(void *context, sp_stretch s, void *parameters, sp_addends sum) {
  (void)sum;
  measured *m = context;
  assert_true(m->known && !m->refused);
  for (int64_t i = 0; i < s.n; i++) ((float *)parameters)[i] = (float)m->total;
  return true;
}

static double expected_total(int64_t begin, int64_t span, int64_t blocks) {
  if (span > 1) {
    double left = expected_total(begin, span / 2, blocks);
    return begin + span / 2 < blocks ? left + expected_total(begin + span / 2, span / 2, blocks) : left;
  }
  double block = 0;
  for (int64_t i = 0; i < SP_BLOCK; i += 1024) block += piece_value(begin * SP_BLOCK + i);
  return block;
}

static void check_measure(const way *how, int64_t blocks) {
  sp_comm nodes;
  sp_exchange *x;
  sp_window window = {0};
  int64_t values = blocks * SP_BLOCK, span = 1;
  measured m = {0};
  assert_ok(sp_comm_open_nodes(MPI_COMM_WORLD, how->ranks_per_node, &nodes));
  assert_ok(sp_window_open(&nodes, values * (int64_t)sizeof(float), "parameters", &window));
  float *own = calloc((size_t)values, sizeof *own), *parameters = how->windows ? window.memory : own;
  sp_exchange_options options = {.bucket_mb = how->bucket_mb};
  sp_exchange_job job = {.lanes = 9,
                         .precision = SP_FLOAT32,
                         .blocks = blocks,
                         .control = 1,
                         .update = take_total,
                         .parameters = parameters,
                         .shared = how->windows,
                         .whole = true,
                         .each_lane = true,
                         .measure = measure_piece,
                         .measured = note_total,
                         .context = &m};
  assert_ok(sp_exchange_create(&nodes, &options, &job, &x));
  sp_subtree hosted = sp_lanes_hosted(9, nodes.size, nodes.rank);
  while (span < blocks) span *= 2;
  for (int step = 0; step < 4; step++) {
    m.known = false;
    m.refused = step == 2;
    sp_exchange_begin(x);
    sp_exchange_need(x, values);
    sp_exchange_parts parts = sp_exchange_gradients(x);
    for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
      float *gradient = gradient_of(&parts, lane - hosted.begin);
      for (int64_t i = 0; i < values; i++) gradient[i] = 1;
    }
    sp_exchange_done(x, 0);
    double mine[9] = {0}, total;
    sp_exchange_control(x, mine, &total);
    assert_true(sp_exchange_update(x, true) == !m.refused);
    assert_true(m.total == expected_total(0, span, blocks));
    if (m.refused) assert_int_equal(sp_exchange_finish(x), -1);
  }
  assert_int_equal(sp_exchange_finish(x), -1);
  for (int64_t i = 0; i < values; i += 511) assert_true(parameters[i] == (float)m.total);
  sp_exchange_free(x);
  MPI_Barrier(nodes.world);
  free(own);
  sp_window_close(&window);
  sp_comm_close(&nodes);
}

static void the_whole_gradient_is_measured(void **state) {
  (void)state;
  const way ways[] = {{INT_MAX, false, 1, false},
                      {INT_MAX, true, 1, false},
                      {1, true, 1, false},
                      {2, true, 0.015625, false},
                      {3, true, 0.1, true}};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    check_measure(&ways[i], 1);
    check_measure(&ways[i], 23);
  }
  check_measure(&ways[3], 1100);  // more than one run of the vector
}

static void sums_of_lanes(void **state) {
  (void)state;
  const int64_t lanes = 11;
  for (int64_t width = 1; width < 40; width += 13) {
    double mine[11 * 40], total[40];
    sp_subtree hosted = sp_lanes_hosted(lanes, comm.size, comm.rank);
    for (int64_t lane = hosted.begin; lane < hosted.end; lane++) {
      for (int64_t i = 0; i < width; i++)
        mine[(lane - hosted.begin) * width + i] = ldexp(1.0, (int)lane) + (double)i / 3;
    }
    assert_ok(sp_lane_sums(&comm, lanes, width, mine, total));
    for (int64_t i = 0; i < width; i++) assert_near(total[i], 2047 + 11 * (double)i / 3, 1e-9);
    double low, high;
    MPI_Allreduce(&total[width - 1], &low, 1, MPI_DOUBLE, MPI_MIN, comm.world);
    MPI_Allreduce(&total[width - 1], &high, 1, MPI_DOUBLE, MPI_MAX, comm.world);
    assert_true(low == high);
  }
}

static void more_ranks_than_lanes(void **state) {  // as when a run is scored on many ranks
  (void)state;
  double mine[2] = {3, 4}, total[2];
  sp_subtree hosted = sp_lanes_hosted(1, comm.size, comm.rank);
  assert_int_equal(hosted.end - hosted.begin, comm.rank == comm.size - 1);
  assert_ok(sp_lane_sums(&comm, 1, 2, mine, total));
  assert_true(total[0] == 3 && total[1] == 4);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_ways_give_the_same_sums),
      cmocka_unit_test(values_that_are_not_finite),
      cmocka_unit_test(all_or_nothing),
      cmocka_unit_test(rounding_on_the_wire_is_made_up_for),
      cmocka_unit_test(the_whole_gradient_is_measured),
      cmocka_unit_test(sums_of_lanes),
      cmocka_unit_test(more_ranks_than_lanes),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  sp_comm_close(&comm);
  MPI_Finalize();
  return failed;
}
