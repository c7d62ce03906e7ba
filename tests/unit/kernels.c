// SPDX-License-Identifier: Apache-2.0
// The kernels of every instruction set that this processor has give the bits of portable C: element-wise operations, softmax,
// normalisation, losses, lookups, masks and random numbers, over sizes and values of all kinds.
#include "base/random.h"
#include "check.h"
#include "compute/elementwise.h"
#include "compute/lookup.h"
#include "compute/mask.h"
#include "compute/normal.h"
#include "compute/normalise.h"
#include "compute/row_loss.h"
#include "compute/softmax.h"

enum { MOST = 2700, ARRAYS = 8 };
static const int64_t shapes[][2] = {{1, 1}, {3, 5}, {7, 16}, {2, 33}, {70, 10}, {2, 300}, {1, 1025}, {1, 2600}};

/// What a family computes with: inputs that no kernel changes, and outputs that are compared.
typedef struct work {
  sp_dtype precision;
  int64_t rows, n, values;
  const void *in[ARRAYS];     // (values) in the precision; in[3] is positive, in[4] has table entries
  void *out[ARRAYS];          // (values) in the precision
  double sums[ARRAYS][MOST];  // outputs in float64
  uint8_t keep[MOST];
  int32_t classes[MOST];
} work;

typedef void family(int cpu, work *w);

#define SP_CPU(name) &sp_elementwise_kernels_##name,
static const sp_elementwise_kernels *const elementwise_kernels[] = {
#include "compute/cpu_list.h"
};
#undef SP_CPU
#define SP_CPU(name) &sp_softmax_kernels_##name,
static const sp_softmax_kernels *const softmax_kernels[] = {
#include "compute/cpu_list.h"
};
#undef SP_CPU
#define SP_CPU(name) &sp_normalise_kernels_##name,
static const sp_normalise_kernels *const normalise_kernels[] = {
#include "compute/cpu_list.h"
};
#undef SP_CPU
#define SP_CPU(name) &sp_row_loss_kernels_##name,
static const sp_row_loss_kernels *const row_loss_kernels[] = {
#include "compute/cpu_list.h"
};
#undef SP_CPU
#define SP_CPU(name) &sp_lookup_kernels_##name,
static const sp_lookup_kernels *const lookup_kernels[] = {
#include "compute/cpu_list.h"
};
#undef SP_CPU
#define SP_CPU(name) &sp_mask_kernels_##name,
static const sp_mask_kernels *const mask_kernels[] = {
#include "compute/cpu_list.h"
};
#undef SP_CPU
#define SP_CPU(name) &sp_normal_kernels_##name,
static const sp_normal_kernels *const normal_kernels[] = {
#include "compute/cpu_list.h"
};
#undef SP_CPU

static void copy(work *w, int to, int from) {
  memcpy(w->out[to], w->in[from], (size_t)w->values * sp_dtype_size(w->precision));
}

enum { LANES = 3 };

/// Returns the rows in lanes of about equal numbers of rows.
static sp_lane_rows in_lanes(const work *w, int64_t end[LANES]) {
  for (int i = 0; i < LANES; i++) end[i] = (i + 1) * w->rows / LANES;
  return (sp_lane_rows){.lanes = LANES, .end = end};
}

static void elementwise(int cpu, work *w) {
  const sp_elementwise_kernels *k = elementwise_kernels[cpu];
  int64_t end[LANES];
  const sp_lane_rows rows = in_lanes(w, end);
  copy(w, 0, 0);
  k->relu(w->precision, w->values, w->out[0]);
  for (int f = SP_IDENTITY; f <= SP_SIGMOID; f++) {
    k->activate_backward(w->precision, (sp_activation)f, w->values, w->in[0], w->in[1], w->out[1 + f]);
  }
  k->column_sums(w->precision, &rows, w->n, w->in[0], w->out[5]);
  copy(w, 6, 0);
  k->add(w->precision, w->values, w->out[6], w->in[1]);
  w->sums[0][0] = k->sum(w->precision, w->values, w->in[0], w->in[2], w->out[7]);
  w->sums[0][1] = k->sum(w->precision, w->values, w->in[0], NULL, w->out[7]);
  w->sums[0][2] = k->all_finite(w->precision, w->values, w->in[2]);
  w->sums[0][3] = (double)k->first_outside(w->precision, w->values, w->in[1], -1.5, 1.25);
  w->sums[0][4] = k->sum_squares(w->precision, w->values, w->in[1]);
}

static void softmax(int cpu, work *w) {
  const sp_softmax_kernels *k = softmax_kernels[cpu];
  for (int i = 0; i < 3; i++) {
    copy(w, i, i);
    k->softmax(w->precision, w->rows, w->n, w->out[i]);
    k->softmax_powers(w->precision, w->rows, w->n, w->in[i], w->out[3 + i], w->sums[i], w->sums[3 + i]);
  }
  k->softmax_backward(w->precision, w->rows, w->n, w->in[1], w->in[0], w->out[6]);
}

static void normalise(int cpu, work *w) {
  const sp_normalise_kernels *k = normalise_kernels[cpu];
  for (int i = 0; i < 2; i++) {
    const void *scale = i ? w->in[2] : NULL, *shift = i ? w->in[1] : NULL;
    k->normalise_rows(w->precision, w->rows, w->n, 1e-5, w->in[i], scale, shift, w->out[0], w->out[1], w->out[2]);
    k->normalise_rows_sums(w->precision, w->rows, w->n, w->in[i], w->out[0], w->out[1], w->in[1], w->sums[0],
                           w->sums[1]);
    k->normalise_rows_backward(w->precision, w->rows, w->n, w->in[i], w->out[0], w->out[1], scale, w->in[1], w->out[3]);
    k->channel_sums(w->precision, w->rows, w->n, w->in[i], w->sums[2]);
    k->channel_squares(w->precision, w->rows, w->n, w->in[i], w->sums[2], w->sums[3]);
    k->normalise_channels(w->precision, w->rows, w->n, w->in[i], w->in[1], w->in[3], scale, shift, w->out[4 + i]);
    k->normalise_channels_sums(w->precision, w->rows, w->n, w->in[i], w->in[1], w->in[3], w->in[0], w->sums[4],
                               w->sums[5]);
    k->normalise_channels_backward(w->precision, w->rows, w->n, w->in[i], w->in[1], w->in[3], scale, w->sums[2],
                                   w->sums[4], w->in[0], w->out[6 + i]);
  }
}

static void losses(int cpu, work *w) {
  const sp_row_loss_kernels *k = row_loss_kernels[cpu];
  double factor[MOST];
  for (int64_t j = 0; j < w->n; j++) factor[j] = 0.25 + (double)j;
  sp_row_loss l = {.precision = w->precision, .rows = w->rows, .size = w->n, .output = w->in[0], .target = w->in[3]};
  for (int i = 0; i < 8; i++) {
    l.gradient = w->out[i];
    l.each = w->sums[i];
    switch (i) {
      case 0: k->squared_loss(&l, w->n % 2 == 0); break;
      case 1: k->absolute_loss(&l); break;
      case 2: k->huber_loss(&l, 0.75); break;
      case 3: k->sigmoid_loss(&l, 0, NULL); break;
      case 4: k->sigmoid_loss(&l, 0.125, w->n % 2 ? factor : NULL); break;
      case 5: k->softmax_loss(&l, w->n % 2 ? 0.1 : 0, NULL); break;
      case 6: k->softmax_loss(&l, 0.1, factor); break;
      default:
        l.target = NULL;
        l.classes = w->classes;
        k->softmax_loss(&l, w->n % 2 ? 0 : 0.1, NULL);
    }
  }
}

static void lookups_and_masks(int cpu, work *w) {
  const sp_lookup_table table = {.entries = w->values / w->n, .width = w->n, .padding = 0};
  lookup_kernels[cpu]->lookup(w->precision, &table, w->rows, w->in[4], w->in[0], w->out[0]);
  int64_t end[LANES], *order = malloc((size_t)(2 * w->rows) * sizeof *order);
  const sp_lane_rows rows = in_lanes(w, end);
  lookup_kernels[cpu]->lookup_backward(w->precision, &table, &rows, 1, w->in[4], w->in[1], w->out[1], order);
  free(order);
  w->sums[0][0] = (double)lookup_kernels[cpu]->lookup_first_wrong(w->precision, w->rows, w->rows, w->in[4]);
  sp_random_key key = sp_random_key_make(3, SP_RANDOM_LAYER, 4);
  mask_kernels[cpu]->draw(key, 77, w->values, 1u << 30, w->keep);
  mask_kernels[cpu]->apply(w->precision, w->values, 4.0 / 3, w->keep, w->in[0], w->out[2]);
  normal_kernels[cpu]->normals(key, UINT64_C(0xfffffff0), w->values, w->sums[1]);
}

// --- comparison -----------------------------------------------------------------------------------------------------

static double at(sp_dtype precision, const void *x, int64_t i) {
  return precision == SP_FLOAT32 ? (double)((const float *)x)[i] : ((const double *)x)[i];
}

static bool same(double a, double b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

/// Every value of the outputs; NaN is equal to NaN.
static void compare(const work *a, const work *b, int cpu, const char *name) {
  for (int o = 0; o < ARRAYS; o++) {
    for (int64_t i = 0; i < a->values; i++) {
      if (!same(at(a->precision, a->out[o], i), at(b->precision, b->out[o], i)) ||
          !same(a->sums[o][i], b->sums[o][i])) {
        fail_msg("%s, %s: %lld x %lld, output %d, value %lld", name, sp_cpu_name((sp_cpu_index)cpu), (long long)a->rows,
                 (long long)a->n, o, (long long)i);
      }
    }
  }
  assert_memory_equal(a->keep, b->keep, sizeof a->keep);
}

/// Array 0: moderate, 1: small, 2: of every size, with what is not finite, 3: positive, 4: the numbers of rows, not in order.
static double value(int array, int64_t i, int64_t rows) {
  sp_random_key key = sp_random_key_make(8, SP_RANDOM_DATA, (uint64_t)array);
  double u = sp_random_uniform(key, (uint64_t)i);
  const double special[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -0.0, 1e-310, 1e-40, 0, 3e38};
  switch (array) {
    case 0: return i % 50 == 49 ? 0 : 40 * (u - 0.5);
    case 1: return 4 * (u - 0.5);
    case 2: return i % 40 == 39 ? special[i / 40 % 8] : ldexp(u - 0.5, (int)(i % 300) - 150);
    case 3: return u;
    default: return (double)((i * 5 + 3) % (rows + 1));
  }
}

static void fill(work *w, sp_dtype precision, int64_t rows, int64_t n) {
  memset(w, 0, sizeof *w);
  w->precision = precision, w->rows = rows, w->n = n, w->values = rows * n;
  size_t size = sp_dtype_size(precision);
  for (int a = 0; a < ARRAYS; a++) {
    char *in = calloc((size_t)w->values, size);
    for (int64_t i = 0; i < w->values && a < 5; i++) {
      double x = value(a, i, rows);
      float single = (float)x;
      memcpy(in + (size_t)i * size, precision == SP_FLOAT32 ? (void *)&single : (void *)&x, size);
    }
    w->in[a] = in;
    w->out[a] = calloc((size_t)w->values, size);
  }
  for (int64_t i = 0; i < rows; i++) w->classes[i] = (int32_t)(i * 7 % n);
}

static void clear(work *w) {
  for (int a = 0; a < ARRAYS; a++) free((void *)(uintptr_t)w->in[a]), free(w->out[a]);
}

static void check(family *run, const char *name) {
  work *want = malloc(sizeof *want), *got = malloc(sizeof *got);
  for (int cpu = SP_CPU_portable + 1; cpu < SP_CPUS; cpu++) {
    if (!sp_cpu_runs((sp_cpu_index)cpu)) continue;
    for (size_t s = 0; s < 2 * sizeof shapes / sizeof *shapes; s++) {
      sp_dtype precision = s % 2 ? SP_FLOAT64 : SP_FLOAT32;
      fill(want, precision, shapes[s / 2][0], shapes[s / 2][1]);
      fill(got, precision, shapes[s / 2][0], shapes[s / 2][1]);
      run(SP_CPU_portable, want);
      run(cpu, got);
      compare(want, got, cpu, name);
      clear(want), clear(got);
    }
  }
  free(want), free(got);
}

static void kernels_of_elementwise(void **state) { (void)state, check(elementwise, "elementwise"); }
static void kernels_of_softmax(void **state) { (void)state, check(softmax, "softmax"); }
static void kernels_of_normalise(void **state) { (void)state, check(normalise, "normalise"); }
static void kernels_of_losses(void **state) { (void)state, check(losses, "losses"); }
static void kernels_of_lookups_and_masks(void **state) { (void)state, check(lookups_and_masks, "lookups, masks"); }

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kernels_of_elementwise),       cmocka_unit_test(kernels_of_softmax),
      cmocka_unit_test(kernels_of_normalise),         cmocka_unit_test(kernels_of_losses),
      cmocka_unit_test(kernels_of_lookups_and_masks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
