// SPDX-License-Identifier: Apache-2.0
// The functions with defined bits: their errors, their ends, and the same bits from the kernels of every instruction set.
// SHARDPROP_STRIDE=1 tests all float32 numbers; otherwise one in so many.
#include "compute/functions.h"
#include "base/random.h"
#include "check.h"
#include "compute/cosine.h"
#include "compute/function.h"
#include "compute/power.h"

enum { PIECE = 4096 };

static long double sigmoid(long double x) { return 1 / (1 + expl(-x)); }
static long double softplus(long double x) { return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x))); }
static double sigmoid_double(double x) { return 1 / (1 + exp(-x)); }
static double softplus_double(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }

/// A function, those of C that it is compared with, the values that it accepts, and the largest error in units in the last
/// place (docs/numerics.md).
typedef struct subject {
  const char *name;
  sp_function function;
  double (*near)(double);
  long double (*exact)(long double);
  double low, high, narrow_error, wide_error;
} subject;

static const subject subjects[] = {
    {"exp", SP_FUNCTION_exp, exp, expl, -INFINITY, INFINITY, 0.79, 0.9},
    {"log", SP_FUNCTION_log, log, logl, -INFINITY, INFINITY, 0.96, 1},
    {"log1p_unit", SP_FUNCTION_log1p_unit, log1p, log1pl, 0, 1, 0.92, 1},
    {"tanh", SP_FUNCTION_tanh, tanh, tanhl, -INFINITY, INFINITY, 1.04, 1.05},
    {"sigmoid", SP_FUNCTION_sigmoid, sigmoid_double, sigmoid, -INFINITY, INFINITY, 0.79, 0.9},
    {"softplus", SP_FUNCTION_softplus, softplus_double, softplus, -INFINITY, INFINITY, 1.2, 1.15},
    {"erf", SP_FUNCTION_erf, erf, erfl, -INFINITY, INFINITY, 1.08, 1.15},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static const sp_function_kernels *const kernels[] = {
#define SP_CPU(name) &sp_function_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

static uint32_t stride(void) {
  const char *text = getenv("SHARDPROP_STRIDE");
  return text ? (uint32_t)strtoul(text, NULL, 10) : 2003;
}

/// Returns the unit in the last place of a number of this size, with so many bits and least exponent.
static long double unit(long double x, int bits, int least) {
  int exponent;
  frexpl(x, &exponent);
  exponent -= bits;
  return ldexpl(1, exponent < least || x == 0 ? least : exponent);
}

/// Fails unless y is f(x) within `most` units. What rounds to 0, to an infinity or to NaN must be that, with its sign.
static double error_of(const subject *s, long double x, long double y, long double want, bool narrow, double most) {
  long double rounded = narrow ? (long double)(float)want : (long double)(double)want;
  long double error = fabsl(y - want) / (narrow ? unit(want, 24, -149) : unit(want, 53, -1074));
  bool special = isnan(rounded) || isinf(rounded) || want == 0;
  bool same = isnan(rounded) ? isnan(y) : y == rounded && !signbit(y) == !signbit(rounded);
  if (special ? !same && !(isinf(rounded) && !isinf(want) && error <= (long double)most)
              : !(error <= (long double)most)) {
    fail_msg("%s(%.20Lg) = %.20Lg, expected %.20Lg, error %.3Lf", s->name, x, y, want, error);
  }
  return special ? 0 : (double)error;
}

static void errors_in_float32(void **state) {
  (void)state;
  static float x[PIECE], y[PIECE];
  for (int i = 0; i < SUBJECTS; i++) {
    const subject *s = &subjects[i];
    double worst = 0;
    const uint64_t end = UINT64_C(1) << 32, step = stride();
    for (uint64_t bits = 0; bits < end;) {
      int count = 0;
      for (; count < PIECE && bits < end; bits += step) {
        x[count] = sp_from_bits_float((uint32_t)bits);
        if (s->low != 0 || (x[count] >= 0 && x[count] <= 1)) count++;
      }
      sp_function_apply(SP_FLOAT32, s->function, count, x, y);
      for (int j = 0; j < count; j++) {
        double want = s->near((double)x[j]);
        worst =
            fmax(worst, error_of(s, (long double)x[j], (long double)y[j], (long double)want, true, s->narrow_error));
      }
    }
    print_message("%s: %.3f units in float32\n", s->name, worst);
  }
}

/// Returns a number of a random size and sign, or of a size at which functions differ from 0 and 1.
static double any(const subject *s, uint64_t i) {
  sp_random_key key = sp_random_key_make(5, SP_RANDOM_DATA, 1);
  double u = sp_random_uniform(key, i), x;
  switch (i % 4) {
    case 0: x = ldexp(u - 0.5, (int)(2100 * sp_random_uniform(key, ~i)) - 1074); break;
    case 1: x = 1600 * (u - 0.5); break;
    case 2: x = 40 * (u - 0.5); break;
    default: x = 6 * (u - 0.5);
  }
  return s->low == 0 ? fmod(fabs(x), 1) : x;
}

static void errors_in_float64(void **state) {
  (void)state;
  static double x[PIECE], y[PIECE];
  for (int i = 0; i < SUBJECTS; i++) {
    const subject *s = &subjects[i];
    double worst = 0;
    for (uint64_t first = 0; first < 50 * PIECE; first += PIECE) {
      for (int j = 0; j < PIECE; j++) x[j] = any(s, first + (uint64_t)j);
      sp_function_apply(SP_FLOAT64, s->function, PIECE, x, y);
      for (int j = 0; j < PIECE; j++) {
        worst = fmax(worst, error_of(s, (long double)x[j], (long double)y[j], s->exact((long double)x[j]), false,
                                     s->wide_error));
      }
    }
    print_message("%s: %.3f units in float64\n", s->name, worst);
  }
}

// --- ends -----------------------------------------------------------------------------------------------------------

static double at(sp_dtype precision, sp_function function, double x) {
  float single = (float)x;
  sp_function_apply(precision, function, 1, precision == SP_FLOAT32 ? (void *)&single : (void *)&x,
                    precision == SP_FLOAT32 ? (void *)&single : (void *)&x);
  return precision == SP_FLOAT32 ? (double)single : x;
}

static bool is(double x, double y) { return isnan(y) ? isnan(x) : x == y && !signbit(x) == !signbit(y); }

static void values_at_the_ends(void **state) {
  (void)state;
  const double inf = (double)INFINITY, nan = (double)NAN;
  static const sp_dtype precisions[] = {SP_FLOAT32, SP_FLOAT64};
  const struct {
    sp_function function;
    double x, y;
  } cases[] = {
      {SP_FUNCTION_exp, 0, 1},
      {SP_FUNCTION_exp, -0.0, 1},
      {SP_FUNCTION_exp, inf, inf},
      {SP_FUNCTION_exp, -inf, 0},
      {SP_FUNCTION_exp, 1e30, inf},
      {SP_FUNCTION_exp, -1e30, 0},
      {SP_FUNCTION_log, 1, 0},
      {SP_FUNCTION_log, 0, -inf},
      {SP_FUNCTION_log, -0.0, -inf},
      {SP_FUNCTION_log, inf, inf},
      {SP_FUNCTION_log, -1, nan},
      {SP_FUNCTION_log, -inf, nan},
      {SP_FUNCTION_tanh, 0, 0},
      {SP_FUNCTION_tanh, -0.0, -0.0},
      {SP_FUNCTION_tanh, inf, 1},
      {SP_FUNCTION_tanh, -inf, -1},
      {SP_FUNCTION_tanh, 1e-40, (double)1e-40f},
      {SP_FUNCTION_sigmoid, 0, 0.5},
      {SP_FUNCTION_sigmoid, inf, 1},
      {SP_FUNCTION_sigmoid, -inf, 0},
      {SP_FUNCTION_softplus, -inf, 0},
      {SP_FUNCTION_softplus, inf, inf},
      {SP_FUNCTION_softplus, 1e30, (double)1e30f},
      {SP_FUNCTION_erf, 0, 0},
      {SP_FUNCTION_erf, -0.0, -0.0},
      {SP_FUNCTION_erf, inf, 1},
      {SP_FUNCTION_erf, -inf, -1},
      {SP_FUNCTION_log1p_unit, 0, 0},
  };
  for (int p = 0; p < 2; p++) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
      double x = precisions[p] == SP_FLOAT32 ? (double)(float)cases[i].x : (double)(float)cases[i].x;
      double y = at(precisions[p], cases[i].function, x);
      if (!is(y, cases[i].y)) fail_msg("function %d of %g: %.17g", (int)cases[i].function, x, y);
    }
    for (int f = 0; f < SP_FUNCTIONS; f++) assert_true(isnan(at(precisions[p], (sp_function)f, nan)));
  }
  // Every NaN remains one, and denormal results are exact where the true ones are.
  for (uint32_t bits = 0x7f800001; bits < 0x80000000; bits += 7919) {
    float x = sp_from_bits_float(bits | (bits & 1) << 31);
    for (int f = 0; f < SP_FUNCTIONS; f++) {
      float y;
      sp_function_apply(SP_FLOAT32, (sp_function)f, 1, &x, &y);
      assert_true(isnan(y));
    }
    assert_true(isnan(sp_exp_falling_float(x)));
  }
  assert_true(sp_exp_float(-103.9f) == 0x1p-149f && sp_exp_float(-104) == 0);
  assert_true(sp_exp_double(-745.1) == 0x1p-1074 && sp_exp_double(-745.2) == 0);
  assert_true(isfinite(sp_exp_double(709.78)) && isinf(sp_exp_double(709.79)));
}

static void falling_exponential_is_the_other(void **state) {
  (void)state;
  for (uint32_t bits = 0x80000000; bits < 0xff800000; bits += 7919) {
    float x = sp_from_bits_float(bits);
    assert_true(is((double)sp_exp_falling_float(x), (double)sp_exp_float(x)));
    assert_true(is(sp_exp_falling_double(8.0 * (double)x), sp_exp_double(8.0 * (double)x)));
  }
}

// --- instruction sets -----------------------------------------------------------------------------------------------

/// Random bits: numbers of all sizes, denormal ones, infinities and NaN among them.
static void *any_bits(sp_dtype precision, int64_t n) {
  static const uint64_t special[] = {0,
                                     UINT64_C(1) << 63,
                                     UINT64_C(0x7ff0000000000000),
                                     UINT64_C(0xfff0000000000000),
                                     UINT64_C(0x7ff8000000000000),
                                     1,
                                     UINT64_C(0x7fefffffffffffff)};
  static const uint32_t special_float[] = {0, 1u << 31, 0x7f800000, 0xff800000, 0x7fc00000, 1, 0x7f7fffff};
  sp_random_key key = sp_random_key_make(6, SP_RANDOM_DATA, 2);
  size_t size = sp_dtype_size(precision);
  char *x = malloc((size_t)n * size);
  for (int64_t i = 0; i < n; i++) {
    uint32_t bits[4];
    sp_random_bits(key, (uint64_t)i, 0, bits);
    uint64_t wide = (uint64_t)bits[1] << 32 | bits[0];
    if (i % 3 == 0) {  // of moderate size
      float single = (float)((int32_t)bits[0]) * 0x1p-27f;
      double twice = (double)single;
      memcpy(bits, &single, sizeof single);
      memcpy(&wide, &twice, sizeof twice);
    }
    if (i % 97 == 0) wide = special[i / 97 % 7], bits[0] = special_float[i / 97 % 7];
    memcpy(x + (size_t)i * size, precision == SP_FLOAT32 ? (void *)bits : (void *)&wide, size);
  }
  return x;
}

/// NaN is equal to NaN.
static bool same(sp_dtype precision, const void *a, const void *b, int64_t i) {
  if (precision == SP_FLOAT64) return is(((const double *)a)[i], ((const double *)b)[i]);
  return is((double)((const float *)a)[i], (double)((const float *)b)[i]);
}

static void bits_of_every_instruction_set(void **state) {
  (void)state;
  enum { N = 100003 };
  static const sp_dtype precisions[] = {SP_FLOAT32, SP_FLOAT64};
  for (int p = 0; p < 2; p++) {
    void *x = any_bits(precisions[p], N), *want = calloc(N, 8), *y = calloc(N, 8);
    for (int f = 0; f < SP_FUNCTIONS; f++) {
      for (int cpu = 0; cpu < SP_CPUS; cpu++) {
        if (!sp_cpu_runs((sp_cpu_index)cpu)) continue;
        const sp_function_kernels *k = kernels[cpu];
        (p == 0 ? k->of_float : k->of_double)[f](N, x, cpu == SP_CPU_portable ? want : y);
        for (int64_t i = 0; i < N && cpu != SP_CPU_portable; i++) {
          if (!same(precisions[p], y, want, i)) fail_msg("%s, function %d, value %d", sp_cpu_name(cpu), f, (int)i);
        }
      }
    }
    free(x), free(want), free(y);
  }
}

// --- cosine and powers ------------------------------------------------------------------------------------------------

static void cosine_of_turns(void **state) {
  (void)state;
  static const double exact[][2] = {{0, 1},     {0.25, 0}, {0.5, -1}, {0.75, 0}, {1, 1},
                                    {-0.5, -1}, {-1, 1},   {1.25, 0}, {2.5, -1}, {1e9 + 0.5, -1}};
  for (int i = 0; i < 10; i++) assert_true(sp_cos_turns(exact[i][0]) == exact[i][1]);
  assert_near(sp_cos_turns(1.0 / 6), 0.5, 0x1p-53);
  assert_true(isnan(sp_cos_turns((double)NAN)) && isnan(sp_cos_turns((double)INFINITY)));
  const long double two_pi = 6.283185307179586476925286766559L;
  double worst = 0;
  for (int i = 0; i < 200000; i++) {
    double t = i / 200000.0, quarter = rint(4 * t) / 4;
    long double angle = two_pi * (long double)(t - quarter);  // exact but for one rounding
    long double want = quarter == 0.25   ? -sinl(angle)
                       : quarter == 0.75 ? sinl(angle)
                       : quarter == 0.5  ? -cosl(angle)
                                         : cosl(angle);
    if (want == 0) continue;
    worst = fmax(worst, (double)(fabsl((long double)sp_cos_turns(t) - want) / unit(want, 53, -1074)));
  }
  print_message("cosine: %.3f units\n", worst);
  assert_true(worst < 0.9);
}

static void powers(void **state) {
  (void)state;
  const double inf = (double)INFINITY, nan = (double)NAN;
  static const double bases[] = {0.1,      0.5, 0.9, 0.95, 0.999, 0.9999, 1 - 1e-9,
                                 1 + 1e-9, 1.5, 2,   10,   1e-7,  1e300,  5e-324};
  double worst = 0;
  for (int b = 0; b < 14; b++) {
    for (int i = -400; i <= 400; i++) {
      double y = i % 2 ? i / 8.0 : i;
      long double want = powl((long double)bases[b], (long double)y);
      double result = sp_power(bases[b], y);
      if (want > 0x1.fffffffffffff7p1023L || want < 0x1p-1074L) {
        assert_true(result == (want > 1 ? inf : 0) || (want > 0x1p-1075L && result == 0x1p-1074));
      } else {
        double error = (double)(fabsl((long double)result - want) / unit(want, 53, -1074));
        worst = fmax(worst, error);
        if (!(error < 0.8)) fail_msg("%g^%g = %.17g, error %g units", bases[b], y, result, error);
      }
    }
  }
  print_message("power: %.3f units\n", worst);
  double ten = 1;
  for (int i = 0; i <= 22; i++, ten *= 10) assert_true(sp_power(10, i) == ten);
  for (int i = -1074; i <= 1023; i++) assert_true(sp_power(2, i) == ldexp(1, i));
  const double cases[][3] = {{nan, 0, 1},    {1, nan, 1},      {nan, 1, nan}, {2, nan, nan},   {-1, 2, nan},
                             {0, 2, 0},      {0, -2, inf},     {inf, 2, inf}, {inf, -2, 0},    {0.5, inf, 0},
                             {2, inf, inf},  {0.5, -inf, inf}, {2, -inf, 0},  {2, 1e300, inf}, {2, -1e300, 0},
                             {0.99, 1e6, 0}, {0, 0, 1},        {0, inf, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (!is(sp_power(cases[i][0], cases[i][1]), cases[i][2])) fail_msg("%g^%g", cases[i][0], cases[i][1]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(errors_in_float32),
      cmocka_unit_test(errors_in_float64),
      cmocka_unit_test(values_at_the_ends),
      cmocka_unit_test(falling_exponential_is_the_other),
      cmocka_unit_test(bits_of_every_instruction_set),
      cmocka_unit_test(cosine_of_turns),
      cmocka_unit_test(powers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
