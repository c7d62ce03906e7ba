// SPDX-License-Identifier: Apache-2.0
// Limits of the machine: arithmetic and memory. rank_limits.c measures messages and barriers.
#include "perf/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/elementwise.h"
#include "compute/product.h"
#include "compute/product_kernels.h"
#include "model/prediction.h"
#include "optim/moving_average.h"
#include "optim/rule.h"
#include "perf/rank_limits.h"
#include "perf/timing.h"

static double larger(double a, double b) { return a > b ? a : b; }

// --- matrix products ----------------------------------------------------------------------------------------------

typedef struct product {
  const sp_product *product;
  void *a, *b, *c;
} product;

static void run_product(void *context) {
  const product *p = context;
  sp_product_run(p->product, p->a, p->b, NULL, p->c);
}

static void fill(sp_dtype precision, int64_t n, void *values) {
  for (int64_t i = 0; i < n; i++) sp_value_set(precision, values, i, 0.5 + (double)(i % 7) / 16);
}

static sp_status prepare_product(sp_compute *compute, const sp_product_shape *s, product *p) {
  sp_dtype precision = sp_compute_precision(compute);
  size_t size = sp_dtype_size(precision);
  SP_TRY(sp_compute_product(compute, s, &p->product));
  SP_TRY(sp_allocate(s->m * s->k, size, "matrices to multiply", &p->a));
  SP_TRY(sp_allocate(s->k * s->n, size, "matrices to multiply", &p->b));
  SP_TRY(sp_allocate(s->m * s->n, size, "matrices to multiply", &p->c));
  fill(precision, s->m * s->k, p->a);
  fill(precision, s->k * s->n, p->b);
  return SP_OK;
}

static sp_status measure_product(const sp_comm *comm, sp_compute *compute, const sp_product_shape *shape,
                                 double seconds, double *rate) {
  product p = {0};
  sp_status status = sp_comm_agree(comm, prepare_product(compute, shape, &p));
  if (status == SP_OK) {
    double flops = 2.0 * (double)shape->m * (double)shape->n * (double)shape->k;
    *rate = sp_comm_mean(comm, flops / sp_time_job(comm, (sp_job){run_product, &p}, seconds));
  }
  free(p.a);
  free(p.b);
  free(p.c);
  return status;
}

typedef struct peak {
  double (*run)(int64_t rounds);
  double flops;
} peak;

static void run_peak(void *context) {
  peak *p = context;
  p->flops = p->run(1 << 14);
}

/// Returns the speed of multiply-adds on registers alone, or NaN for bfloat16, whose instructions are others.
static double measure_peak(const sp_comm *comm, const sp_limits_wanted *w) {
  const sp_product_kernels *kernels = sp_product_kernels_of(sp_cpu());
  peak p = {.run = w->arithmetic.precision == SP_FLOAT32 ? kernels->peak_float : kernels->peak_double};
  if (w->arithmetic.bfloat16) return NAN;
  double seconds = sp_time_job(comm, (sp_job){run_peak, &p}, w->seconds);
  return sp_comm_mean(comm, p.flops / seconds);
}

static sp_status measure_products(const sp_comm *comm, const sp_limits_wanted *w, sp_limits *out) {
  sp_compute *compute;
  SP_TRY(sp_comm_agree(comm, sp_compute_create(w->arithmetic, &compute)));
  const sp_product_shape square = {.m = 1024, .n = 1024, .k = 1024};
  sp_status status = measure_product(comm, compute, &square, w->seconds, &out->product);
  if (w->rows > 0 && w->units > 0) {
    const struct {
      sp_product_shape shape;
      double *rate;
    } own[] = {{{.m = w->rows, .n = w->units, .k = w->in}, &out->product_forward},
               {{.m = w->in, .n = w->units, .k = w->rows, .a_transposed = true}, &out->product_weight},
               {{.m = w->rows, .n = w->in, .k = w->units, .b_transposed = true}, &out->product_input}};
    for (int i = 0; i < 3 && status == SP_OK; i++) {
      status = measure_product(comm, compute, &own[i].shape, w->seconds, own[i].rate);
    }
  }
  sp_compute_free(compute);
  return status;
}

// --- sweeps over memory -------------------------------------------------------------------------------------------

enum { CACHED_VALUES = 1 << 15 };  // together with gradient and slots they fit into a core's own cache

typedef struct sweep {
  const sp_limits_wanted *wanted;
  sp_update update;
  sp_rule_memo memo;
  int slots;      // including the average, which follows the rule's slots
  char *average;  // NULL: none
  char *memory;
  size_t bytes;
} sweep;

static void run_update(void *context) {
  sweep *s = context;
  s->update.step++;
  const sp_optimizer_options *optimizer = s->wanted->optimizer;
  sp_dtype precision = s->wanted->arithmetic.precision;
  sp_rule_advance(&optimizer->rule, s->update.step, &s->memo);
  sp_rule_update(&optimizer->rule, precision, &s->update);
  if (s->average) sp_average_update(precision, optimizer->average, s->update.n, s->average, s->update.p);
}

static void run_add(void *context) {
  const sweep *s = context;
  sp_add(s->wanted->arithmetic.precision, s->update.n, s->update.p, s->update.gradient.first);
}

static void run_copy(void *context) {
  const sweep *s = context;
  memcpy(s->update.p, s->update.gradient.first, (size_t)s->update.n * sp_dtype_size(s->wanted->arithmetic.precision));
}

/// Allocate arrays, in large pages if available, a little more than their size apart: arrays at distances of a power of
/// two would compete for the same cache lines.
static sp_status prepare_sweep(int64_t values, sweep *s) {
  enum { APART = 4096 + 64 };
  sp_dtype precision = s->wanted->arithmetic.precision;
  size_t stride = (size_t)values * sp_dtype_size(precision) / 64 * 64 + APART;
  s->bytes = stride * (size_t)(2 + s->slots);
  s->memory = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (s->memory == MAP_FAILED) {
    s->memory = NULL;
    char text[32];
    return sp_fail(SP_ERR_MEMORY, "arrays to sweep over: out of memory for %s", sp_text_bytes((int64_t)s->bytes, text));
  }
#ifdef MADV_HUGEPAGE
  madvise(s->memory, s->bytes, MADV_HUGEPAGE);
#endif
  s->update = (sp_update){.n = values,
                          .scale = 1,
                          .lr_factor = 1,
                          .memo = &s->memo,
                          .p = s->memory,
                          .gradient = {s->memory + stride, NULL}};
  fill(precision, values, s->memory);
  fill(precision, values, s->memory + stride);
  bool averages = sp_optimizer_averages(s->wanted->optimizer);
  char *slots = memset(s->memory + 2 * stride, 0, (size_t)s->slots * stride);
  for (int i = 0; i < s->slots - averages; i++) s->update.slot[i] = slots + (size_t)i * stride;
  if (averages) s->average = slots + (size_t)(s->slots - 1) * stride;
  return SP_OK;
}

/// `all` NULL: measure only the update.
static sp_status measure_sweep(const sp_comm *comm, const sp_limits_wanted *w, int64_t values, double *update,
                               sp_limits *all) {
  sweep s = {.wanted = w, .slots = sp_optimizer_slots(w->optimizer)};
  double size = (double)sp_dtype_size(w->arithmetic.precision);
  sp_status status = sp_comm_agree(comm, prepare_sweep(values, &s));
  if (status == SP_OK) {
    double bytes = (double)values * size * (3 + 2 * s.slots);
    *update = sp_comm_mean(comm, bytes / sp_time_job(comm, (sp_job){run_update, &s}, w->seconds));
    if (all) {
      all->add = sp_comm_mean(comm, 3 * (double)values * size / sp_time_job(comm, (sp_job){run_add, &s}, w->seconds));
      all->copy = sp_comm_mean(comm, (double)values * size / sp_time_job(comm, (sp_job){run_copy, &s}, w->seconds));
    }
  }
  if (s.memory) munmap(s.memory, s.bytes);
  return status;
}

/// Returns the size for the first processor from sysfs, because sysconf multiplies it by a number of instances that may
/// be wrong.
static double last_level_cache(void) {
  double bytes = 0;
  for (int level = 2; level <= 4; level++) {
    char path[80];
    double kilobytes;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", level);
    FILE *file = fopen(path, "r");
    if (!file) break;
    if (fscanf(file, "%lfK", &kilobytes) == 1) bytes = 1024 * kilobytes;
    fclose(file);
  }
  return bytes > 0 ? bytes : 32 << 20;
}

/// Returns the number of values that a rank sweeps over: the arrays of the node are many times its caches, but at most
/// an eighth of its memory.
static int64_t large_values(const sp_comm *comm, const sp_limits_wanted *w, double cache) {
  int arrays = 2 + sp_optimizer_slots(w->optimizer);
  double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE), bytes = 24 * cache;
  if (memory > 0 && bytes > memory / 8) bytes = memory / 8;
  double least =
             larger(bytes / arrays / (double)sp_dtype_size(w->arithmetic.precision) / comm->node_size, CACHED_VALUES),
         all;
  MPI_Allreduce(&least, &all, 1, MPI_DOUBLE, MPI_MIN, comm->world);
  return (int64_t)all;
}

sp_status sp_limits_measure(const sp_comm *comm, const sp_limits_wanted *w, sp_limits *out) {
  sp_limits l = {.product_forward = NAN, .product_weight = NAN, .product_input = NAN, .cache = last_level_cache()};
  l.sweep_bytes = (3 + 2 * sp_optimizer_slots(w->optimizer)) * (double)sp_dtype_size(w->arithmetic.precision);
  SP_TRY(measure_products(comm, w, &l));
  l.peak = measure_peak(comm, w);
  SP_TRY(measure_sweep(comm, w, large_values(comm, w, l.cache), &l.sweep, &l));
  SP_TRY(measure_sweep(comm, w, CACHED_VALUES, &l.sweep_cached, NULL));
  SP_TRY(sp_rank_limits_measure(comm, w->seconds, &l.ranks));
  *out = l;
  return SP_OK;
}

void sp_limits_find_matrix(const sp_parameter_table *table, sp_limits_wanted *wanted) {
  int64_t most = 0;
  for (int64_t i = 0; i < table->tensors; i++) {
    const sp_tensor *t = &table->tensor[i];
    if (t->shape.rank != 2 || t->count <= most) continue;
    most = t->count;
    wanted->in = t->shape.extent[0];
    wanted->units = t->shape.extent[1];
  }
}
