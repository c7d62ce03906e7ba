// SPDX-License-Identifier: Apache-2.0
// RMSProp against values worked out by hand, and against other forms of the same rule.
#include "rules.h"

enum { N = 5 };

/// A float64 vector with its state.
typedef struct state {
  double p[N], gradient[N], slot[SP_MAX_SLOTS][N];
} state;

static void step(const chosen_rule *rule, state *s, double scale) {
  sp_update update = {.n = N, .p = s->p, .gradient = {s->gradient, NULL}, .scale = scale, .lr_factor = 1, .step = 1};
  for (int i = 0; i < SP_MAX_SLOTS; i++) update.slot[i] = s->slot[i];
  sp_rule_update(&rule->selected, SP_FLOAT64, &update);
}

static void first_step_by_hand(void **unused) {
  (void)unused;
  chosen_rule rule;
  choose_rule("rmsprop: {lr: 0.5, decay: 0.75, epsilon: 1}", &rule);
  state s = {.p = {10, 10, 10, 0, 1}, .gradient = {8, -8, 0, 24, 80}};
  step(&rule, &s, 0.5);  // g = 4, -4, 0, 12, 40; v = 4, 4, 0, 36, 400; root + 1 = 3, 3, 1, 7, 21
  const double v[N] = {4, 4, 0, 36, 400};
  const double p[N] = {10 - 2.0 / 3, 10 + 2.0 / 3, 10, -6.0 / 7, 1 - 20.0 / 21};
  for (int i = 0; i < N; i++) {
    assert_near(s.slot[0][i], v[i], 0);
    assert_near(s.p[i], p[i], 1e-15);
  }
}

static void epsilon_inside_the_root(void **unused) {
  (void)unused;
  chosen_rule rule;
  choose_rule("rmsprop: {lr: 1, decay: 0.75, epsilon: 12, epsilon_inside_root: true}", &rule);
  state s = {.gradient = {4}};
  step(&rule, &s, 1);  // v = 4; root of 16
  assert_near(s.p[0], -1, 0);
}

static void coupled_decay_is_part_of_the_gradient(void **unused) {
  (void)unused;
  chosen_rule decayed, plain;
  choose_rule("rmsprop: {weight_decay: 0.25, momentum: 0.5, centered: true}", &decayed);
  choose_rule("rmsprop: {momentum: 0.5, centered: true}", &plain);
  state a = {.p = {1, -2, 3, 0, 5}, .gradient = {1, 2, -3, 4, 0.5}}, b = a;
  for (int t = 0; t < 10; t++) {
    for (int i = 0; i < N; i++) b.gradient[i] = a.gradient[i] + 0.25 * b.p[i];
    step(&decayed, &a, 1);
    step(&plain, &b, 1);
  }
  assert_memory_equal(a.p, b.p, sizeof(a.p));
}

static void decoupled_decay_leaves_the_slots_alone(void **unused) {
  (void)unused;
  chosen_rule decayed, plain;
  choose_rule("rmsprop: {lr: 0.01, weight_decay: 2, weight_decay_mode: decoupled, momentum: 0.5}", &decayed);
  choose_rule("rmsprop: {lr: 0.01, momentum: 0.5}", &plain);
  state a = {.p = {1, -2, 3, 0, 5}, .gradient = {1, 2, -3, 4, 0}}, b = a;
  for (int t = 0; t < 10; t++) {
    double before[N];
    memcpy(before, a.p, sizeof(before));
    memcpy(b.p, a.p, sizeof(b.p));
    step(&decayed, &a, 1);
    step(&plain, &b, 1);
    for (int i = 0; i < N; i++) assert_near(a.p[i], b.p[i] - 0.02 * before[i], 1e-15);
  }
  assert_memory_equal(a.slot, b.slot, sizeof(a.slot));
}

/// The published form (Goodfellow et al. 2016, algorithm 8.6) moves q with a velocity w, w <- mu w - lr g / r and
/// q <- q + w, with the gradient taken at the look-ahead point q + mu w. That point is our p.
static void nesterov_is_the_look_ahead_form(void **unused) {
  (void)unused;
  const double lr = 0.01, decay = 0.8, mu = 0.7, epsilon = 1e-6;
  chosen_rule rule;
  choose_rule("rmsprop: {lr: 0.01, decay: 0.8, momentum: 0.7, epsilon: 1e-6, nesterov: true}", &rule);
  state s = {.p = {1, -2, 3, 0.1, 5}};
  double q[N], w[N] = {0}, v[N] = {0};
  memcpy(q, s.p, sizeof(q));
  for (int t = 0; t < 100; t++) {
    for (int i = 0; i < N; i++) {
      s.gradient[i] = (i + 1) * s.p[i] - cos(s.p[i]);
      double ahead = q[i] + mu * w[i], g = (i + 1) * ahead - cos(ahead);
      v[i] = decay * v[i] + (1 - decay) * g * g;
      w[i] = mu * w[i] - lr * g / (sqrt(v[i]) + epsilon);
      q[i] += w[i];
    }
    step(&rule, &s, 1);
    for (int i = 0; i < N; i++) assert_near(s.p[i], q[i] + mu * w[i], 1e-9);
  }
}

/// With a constant gradient v - m^2 goes to 0, and rounding takes it below.
static void variance_never_goes_below_zero(void **unused) {
  (void)unused;
  for (int inside = 0; inside < 2; inside++) {
    chosen_rule rule;
    choose_rule("rmsprop: {centered: true, decay: 0.5, epsilon: 1e-3}", &rule);
    set_option(&rule, "epsilon_inside_root", inside ? "true" : "false");
    state s = {.gradient = {0.1, 0.3, 1.1, 7.7, 1e-9}};
    for (int t = 0; t < 500; t++) step(&rule, &s, 1);
    for (int i = 0; i < N; i++) assert_true(isfinite(s.p[i]));
    for (int i = 0; i < N; i++) s.p[i] = 0;
    step(&rule, &s, 1);
    for (int i = 0; i < N; i++) {
      double step_length = 0.001 * s.gradient[i] / (inside ? sqrt(1e-3) : 1e-3);
      assert_near(s.p[i], -step_length, 1e-3 * step_length);
    }
  }
}

static void no_divisor_no_step(void **unused) {
  (void)unused;
  const char *const rules[] = {"rmsprop: {epsilon: 0}", "rmsprop: {epsilon: 0, momentum: 0.9}",
                               "rmsprop: {epsilon: 0, centered: true, epsilon_inside_root: true}"};
  for (int r = 0; r < 3; r++) {
    chosen_rule rule;
    choose_rule(rules[r], &rule);
    state s = {.p = {1, 2, 3, 4, 5}, .gradient = {0, 1e-200, 0, 0, 0}};  // the square of 1e-200 is 0
    state before = s;
    step(&rule, &s, 1);
    assert_memory_equal(s.p, before.p, sizeof(s.p));
  }
}

// The state decays to 0 after the last gradient, not to denormal numbers, which would never become 0. NaN remains.
static void state_fades_to_zero(void **unused) {
  (void)unused;
  chosen_rule rule;
  choose_rule("rmsprop: {momentum: 0.9, centered: true}", &rule);
  state s = {.gradient = {1, -1e-150, 1e-160, 3, 1}};
  for (int slot = 0; slot < 3; slot++) s.slot[slot][N - 1] = NAN;
  for (int t = 0; t < 10000; t++) {
    if (t == 1) memset(s.gradient, 0, sizeof s.gradient);
    step(&rule, &s, 1);
    for (int slot = 0; slot < 3; slot++) {
      for (int i = 0; i < N - 1; i++) assert_true(s.slot[slot][i] == 0 || isnormal(s.slot[slot][i]));
      assert_true(isnan(s.slot[slot][N - 1]));
    }
  }
  for (int slot = 0; slot < 3; slot++) {
    for (int i = 0; i < N - 1; i++) assert_true(s.slot[slot][i] == 0);
  }
}

static void slots_are_those_that_are_needed(void **unused) {
  (void)unused;
  const struct {
    const char *rule;
    const char *names[4];
  } cases[] = {
      {"rmsprop", {"square_avg"}},
      {"rmsprop: {centered: true}", {"square_avg", "grad_avg"}},
      {"rmsprop: {momentum: 0.1}", {"square_avg", "momentum_buffer"}},
      {"rmsprop: {momentum: 0.1, centered: true}", {"square_avg", "grad_avg", "momentum_buffer"}},
  };
  for (int c = 0; c < 4; c++) {
    chosen_rule rule;
    choose_rule(cases[c].rule, &rule);
    const sp_rule *about = sp_rule_of(&rule.selected);
    int slots = about->slots(rule.options);
    for (int i = 0; i < slots; i++) assert_string_equal(about->slot_name(rule.options, i), cases[c].names[i]);
    assert_null(cases[c].names[slots]);
  }
}

static void options_that_make_no_sense_together_are_refused(void **unused) {
  (void)unused;
  chosen_rule rule;
  choose_rule("rmsprop: {nesterov: true}", &rule);
  assert_fails(sp_rule_check(&rule.selected), SP_ERR_CONFIG, "optimizer.rmsprop.nesterov: ");
  set_option(&rule, "momentum", "0.9");
  assert_ok(sp_rule_check(&rule.selected));

  choose_rule("rmsprop: {centered: true, decay: 0}", &rule);
  assert_fails(sp_rule_check(&rule.selected), SP_ERR_CONFIG, "optimizer.rmsprop.centered: ");
  set_option(&rule, "decay", "0.5");
  assert_ok(sp_rule_check(&rule.selected));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(first_step_by_hand),
      cmocka_unit_test(epsilon_inside_the_root),
      cmocka_unit_test(coupled_decay_is_part_of_the_gradient),
      cmocka_unit_test(decoupled_decay_leaves_the_slots_alone),
      cmocka_unit_test(nesterov_is_the_look_ahead_form),
      cmocka_unit_test(variance_never_goes_below_zero),
      cmocka_unit_test(no_divisor_no_step),
      cmocka_unit_test(state_fades_to_zero),
      cmocka_unit_test(slots_are_those_that_are_needed),
      cmocka_unit_test(options_that_make_no_sense_together_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
