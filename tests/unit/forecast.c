// SPDX-License-Identifier: Apache-2.0
// Forecasts with a known answer: without a network, with one much faster and much slower than everything else; and
// writing and reading the file of a bench.
#include "perf/forecast.h"

#include "check.h"
#include "perf/bench_file.h"

enum { BLOCKS = 8192 };  // 128 MiB of float32, in 16 runs

static const sp_tensor tensors[] = {
    {.name = "dense_1/weight", .offset = 0, .count = BLOCKS / 2 * (int64_t)SP_BLOCK},
    {.name = "dense_2/weight", .offset = BLOCKS / 2 * (int64_t)SP_BLOCK, .count = BLOCKS / 2 * (int64_t)SP_BLOCK}};
static const sp_parameter_table table = {.tensor = tensors,
                                         .tensors = 2,
                                         .blocks = BLOCKS,
                                         .trained_blocks = BLOCKS,
                                         .trainable = BLOCKS * (int64_t)SP_BLOCK};
static const double bytes = BLOCKS * (double)SP_BLOCK * 4;

static sp_bench example(void) {
  sp_bench bench = {.ranks = 1,
                    .nodes = 1,
                    .value_size = 4,
                    .limits = {.sweep = 1e15,
                               .sweep_cached = 1e15,
                               .sweep_bytes = 20,
                               .cache = 1e6,
                               .ranks = {.barrier = NAN, .message = NAN, .carrying = NAN, .between_nodes = 0}},
                    .curve = {2, {{1, 0.001, 0.002}, {101, 0.1, 0.2}}}};
  return bench;
}

static sp_forecast accumulating(int64_t lanes, int64_t nodes, double bandwidth, double latency, int64_t accumulate) {
  sp_bench bench = example();
  sp_placement layout = {lanes, nodes, 1};
  sp_link link = {bandwidth, latency, 1e9, 4};
  return sp_forecast_step(&bench, &table, &layout, &link, 101.0 * (double)lanes, accumulate);
}

static sp_forecast forecast(int64_t lanes, int64_t nodes, double bandwidth, double latency) {
  return accumulating(lanes, nodes, bandwidth, latency, 1);
}

static void times_lie_on_lines_between_points(void **state) {
  (void)state;
  sp_bench bench = example();
  static const double expected[][2] = {{0.5, 0.001}, {1, 0.001}, {51, 0.0505}, {101, 0.1}, {202, 0.2}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    double forward, backward;
    sp_curve_seconds(&bench.curve, expected[i][0], &forward, &backward);
    assert_near(forward, expected[i][1], 1e-12);
    assert_near(backward, 2 * expected[i][1], 1e-12);
  }
}

static void without_a_network_there_is_computing(void **state) {
  (void)state;
  sp_forecast alone = forecast(1, 1, 1, 1), four = forecast(4, 1, 1, 1);
  assert_near(alone.step, 0.3, 1e-6);
  assert_near(alone.efficiency, 1, 1e-5);
  assert_near(alone.rows_second, 101 / 0.3, 0.01);
  assert_near(alone.wire_bytes, 0, 0);
  assert_near(four.step, 1.2, 1e-4);  // lanes take turns
  sp_forecast fast = forecast(4, 4, 1e15, 0);
  assert_near(fast.step, 0.3 + 2 * 16 * 2 * 3 * 2e-6, 1e-6);  // each message takes 2 us of a rank
  assert_near(fast.wire_bytes, 2 * 0.75 * bytes, 1);
}

static void a_slow_network_is_what_a_step_takes(void **state) {
  (void)state;
  // Gradients begin when the last run has them, a sixteenth of 2/3 of the backward pass; the last run of the parameters
  // is followed by its forward pass.
  sp_forecast slow = forecast(2, 2, 1e6, 0);
  assert_near(slow.step, bytes / 1e6 + 0.1 / 16 + 0.1 + 0.2 / 24 - 0.1, 0.02);
  sp_forecast three = forecast(3, 3, 1e6, 0);
  assert_near(three.step / slow.step, 4.0 / 3, 0.01);
  // A network as fast as computing is hidden but for its ends: gradients behind the backward pass, and the last run.
  sp_forecast even = forecast(2, 2, bytes / 2 / 0.1, 0);
  assert_true(even.step > 0.3 && even.step < 0.3 + 0.05);
}

static void mini_batches_take_turns_and_are_exchanged_once(void **state) {
  (void)state;
  sp_forecast one = accumulating(2, 2, bytes / 2 / 0.1, 0, 1), five = accumulating(2, 2, bytes / 2 / 0.1, 0, 5);
  assert_near(five.step, one.step + 4 * 0.3, 1e-3);
  assert_near(five.wire_bytes, one.wire_bytes, 0);
  assert_near(five.rows_second, 5 * 202 / five.step, 1e-6);
  assert_true(five.efficiency > one.efficiency);
}

static void latency_counts_for_each_message(void **state) {
  (void)state;
  sp_forecast near = forecast(64, 64, 1e15, 0), far = forecast(64, 64, 1e15, 0.01);
  // Twice 16 runs of 63 messages, sixteen at a time, hidden behind at most one step of computing.
  double wire = 2 * 16 * 63 / 16.0 * 0.01;
  assert_true(far.step > wire && far.step < wire + near.step + 0.1);
}

static void other_counts_send_more_sums(void **state) {
  (void)state;
  static const struct {
    sp_placement layout;
    int64_t partials;
  } known[] = {{{8, 1, 1}, 1}, {{8, 2, 4}, 1},  {{8, 4, 2}, 1}, {{3, 3, 1}, 1}, {{6, 3, 2}, 1},
               {{8, 3, 1}, 2}, {{12, 3, 4}, 1}, {{9, 3, 3}, 2}, {{10, 2, 5}, 3}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    sp_traffic traffic = sp_exchange_traffic(&known[i].layout);
    double away = (double)(known[i].layout.nodes - 1) / (double)known[i].layout.nodes;
    if (traffic.node_partials != known[i].partials) {
      fail_msg("%lld lanes on %lld nodes: %lld sums", (long long)known[i].layout.lanes,
               (long long)known[i].layout.nodes, (long long)traffic.node_partials);
    }
    assert_near(traffic.gradients, away * (double)known[i].partials, 1e-12);
    assert_near(traffic.parameters, away, 1e-12);
  }
}

static void a_bench_is_read_as_it_was_written(void **state) {
  (void)state;
  sp_bench bench = example(), again;
  sp_text text = {0};
  bench.step = (sp_bench_step){.steps = 12, .median = 0.125, .share = 0.75};
  sp_bench_write(&bench, &text);
  assert_ok(sp_bench_read(text.data, text.size, "bench.json", &again));
  assert_true(again.ranks == 1 && again.step.steps == 12 && again.step.median == 0.125 && again.step.share == 0.75);
  assert_true(again.limits.sweep == 1e15 && isnan(again.limits.ranks.barrier) && isnan(again.limits.ranks.message));
  assert_int_equal(again.curve.points, 2);
  assert_true(again.curve.point[1].rows == 101 && again.curve.point[1].backward == 0.2);
  sp_text_free(&text);

#define HEAD "{\"ranks\": 1, \"nodes\": 1, \"value_size\": 4, "
#define LIMITS \
  "\"limits\": {\"sweep\": 1, \"sweep_cached\": 1, \"sweep_bytes\": 20, \"cache\": 1, \"between_nodes\": 0}"
  assert_ok(sp_bench_read(HEAD LIMITS "}", strlen(HEAD LIMITS "}"), "bench.json", &again));
  static const struct {
    const char *text, *error;
  } wrong[] = {
      {"[]", "expected an object"},
      {"{\"ranks\": -1}", "bench.json:1:2: ranks: expected a number"},
      {"{\"ranks\": 1}", "nodes: is missing"},
      {HEAD "\"limits\": {\"sweep\": \"fast\"}}", "limits.sweep: expected a number"},
      {HEAD "\"limits\": {\"product\": 1x}}", "limits.product: expected a number"},
      {HEAD "\"limits\": {\"sweep\": [1]}}", "limits.sweep: expected a number"},
      {HEAD LIMITS ", \"curve\": [{\"rows\": 1, \"forward\": 1}]}", "curve[0].backward: expected"},
      {HEAD LIMITS ", \"curve\": [{\"rows\": 0, \"forward\": 1, \"backward\": 1}]}", "curve[0].rows: expected"},
      {"{\"ranks\": ", "bench.json:"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_fails(sp_bench_read(wrong[i].text, strlen(wrong[i].text), "bench.json", &again), SP_ERR_CONFIG,
                 wrong[i].error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(times_lie_on_lines_between_points),
                                     cmocka_unit_test(without_a_network_there_is_computing),
                                     cmocka_unit_test(a_slow_network_is_what_a_step_takes),
                                     cmocka_unit_test(latency_counts_for_each_message),
                                     cmocka_unit_test(mini_batches_take_turns_and_are_exchanged_once),
                                     cmocka_unit_test(other_counts_send_more_sums),
                                     cmocka_unit_test(a_bench_is_read_as_it_was_written)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
