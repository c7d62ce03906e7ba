// SPDX-License-Identifier: Apache-2.0
// Prepared products: in panels if they are large, with the kernels of the processor, or for bfloat16 with oneDNN.
#include "compute/product.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/bfloat16.h"
#include "compute/engine.h"
#include "compute/product_kernels.h"

struct sp_product {
  sp_operation operation;
  const sp_compute *compute;
  sp_product_shape shape;
  int64_t panels, extent;      // number of panels, and rows or columns of each except the last
  sp_onednn_product *fast[2];  // with bfloat16: for a panel, and for a smaller last panel
  sp_activation after;         // activation to apply after the product, if not fused
};

static void product_free(sp_operation *operation) {
  sp_product *product = (sp_product *)operation;
  for (int i = 0; i < 2; i++) sp_onednn_product_free(product->fast[i]);
  free(product);
}

// --- panels -------------------------------------------------------------------------------------------------------

// A panel takes at most about `most` floating-point operations, a few milliseconds. It is wide enough for fast
// products, and a multiple of cache lines wide.
static void cut(sp_product *product) {
  enum { NARROWEST = 512, LINE = 64 };
  const double most = product->compute->arithmetic.bfloat16 ? 1 << 30 : 1 << 29;
  const sp_product_shape *s = &product->shape;
  int64_t whole = s->panels_of_rows ? s->m : s->n;
  int64_t panels = 1 + (int64_t)(2.0 * (double)s->m * (double)s->n * (double)s->k / most);
  int64_t extent = (whole / panels + LINE) / LINE * LINE;
  if (extent < NARROWEST) extent = NARROWEST;
  product->panels = whole > extent ? (whole - 1) / extent + 1 : 1;
  product->extent = product->panels > 1 ? extent : whole;
}

int64_t sp_product_panels(const sp_product *product) { return product->panels; }

int64_t sp_product_panel_begin(const sp_product *product, int64_t panel) { return panel * product->extent; }

// Returns a panel as a part of the matrices of the product.
static sp_product_part panel_of(const sp_product *product, int64_t panel) {
  const sp_product_shape *whole = &product->shape;
  sp_product_part part = {.shape = *whole,
                          .a_step = whole->a_transposed ? whole->m : whole->k,
                          .b_step = whole->b_transposed ? whole->k : whole->n,
                          .c_step = whole->n};
  int64_t *extent = whole->panels_of_rows ? &part.shape.m : &part.shape.n, rest = *extent - panel * product->extent;
  *extent = rest < product->extent ? rest : product->extent;
  return part;
}

// Returns the same panel with its factors stored contiguously elsewhere.
static sp_product_part with_own_factors(sp_product_part part) {
  const sp_product_shape *s = &part.shape;
  part.a_step = s->a_transposed ? s->m : s->k;
  part.b_step = s->b_transposed ? s->k : s->n;
  return part;
}

// --- prepare ------------------------------------------------------------------------------------------------------

static bool same_shape(const sp_product_shape *a, const sp_product_shape *b) {
  return a->m == b->m && a->n == b->n && a->k == b->k && a->a_transposed == b->a_transposed &&
         a->b_transposed == b->b_transposed && a->bias == b->bias && a->panels_of_rows == b->panels_of_rows &&
         a->activation == b->activation;
}

static sp_status check_sizes(const sp_product_shape *s) {
  int64_t count, bytes;
  const int64_t pair[][2] = {{s->m, s->k}, {s->k, s->n}, {s->m, s->n}};
  for (int i = 0; i < 3; i++) {
    if (!sp_multiply_size(pair[i][0], pair[i][1], &count) || !sp_multiply_size(count, 8, &bytes)) {
      return sp_fail(SP_ERR_MEMORY, "a matrix of %lld x %lld is more than can be addressed", (long long)pair[i][0],
                     (long long)pair[i][1]);
    }
  }
  return SP_OK;
}

static sp_status prepare_panel(sp_compute *compute, sp_product_part part, sp_onednn_product **out) {
  bool bfloat16 = compute->arithmetic.bfloat16;
  if (bfloat16) part = with_own_factors(part);
  return sp_onednn_product_create(compute->onednn, &part, bfloat16, out);
}

static sp_status prepare(sp_compute *compute, sp_product *product) {
  const sp_product_shape *shape = &product->shape;
  if (!compute->onednn && shape->activation == SP_RELU) product->after = SP_IDENTITY;
  if (!compute->onednn || shape->m == 0 || shape->n == 0 || shape->k == 0) return SP_OK;
  if (sp_onednn_fuses(shape->activation)) product->after = SP_IDENTITY;
  sp_product_part first = panel_of(product, 0), last = panel_of(product, product->panels - 1);
  SP_TRY(prepare_panel(compute, first, &product->fast[0]));
  return same_shape(&first.shape, &last.shape) ? SP_OK : prepare_panel(compute, last, &product->fast[1]);
}

// A product of this form may be run over lanes, by the kernels, with rounded factors stored as float32.
static bool over_lanes(const sp_product_shape *s) {
  return s->a_transposed && s->panels_of_rows && !s->b_transposed && !s->bias && s->activation == SP_IDENTITY;
}

static sp_status reserve_rounded(sp_compute *compute, const sp_product *product) {
  const sp_product_shape part = panel_of(product, 0).shape;
  const int64_t values[SP_FACTORS] = {part.m * part.k, part.k * part.n};
  for (int i = 0; i < SP_FACTORS; i++) {
    int64_t bytes = values[i] * (int64_t)(over_lanes(&product->shape) ? sizeof(float) : sizeof(uint16_t));
    if (bytes <= compute->rounded_bytes[i]) continue;
    void *larger;
    SP_TRY(sp_allocate(bytes, 1, "factors of a matrix product", &larger));
    free(compute->rounded[i]);
    compute->rounded[i] = larger;
    compute->rounded_bytes[i] = bytes;
  }
  return SP_OK;
}

static const sp_product *find(const sp_compute *compute, const sp_product_shape *shape) {
  for (const sp_operation *known = compute->operations; known; known = known->next) {
    const sp_product *product = (const sp_product *)known;
    if (known->free == product_free && same_shape(&product->shape, shape)) return product;
  }
  return NULL;
}

sp_status sp_compute_product(sp_compute *compute, const sp_product_shape *shape, const sp_product **out) {
  *out = find(compute, shape);
  if (*out) return SP_OK;
  SP_TRY(check_sizes(shape));
  sp_product *product;
  SP_TRY(sp_allocate(1, sizeof *product, "matrix product", &product));
  *product = (sp_product){
      .operation = {.free = product_free}, .compute = compute, .shape = *shape, .after = shape->activation};
  cut(product);
  sp_status status = prepare(compute, product);
  if (status == SP_OK && compute->arithmetic.bfloat16) status = reserve_rounded(compute, product);
  if (status != SP_OK) {
    product_free(&product->operation);
    return status;
  }
  product->operation.next = compute->operations;
  compute->operations = &product->operation;
  *out = product;
  return SP_OK;
}

// --- run ----------------------------------------------------------------------------------------------------------

static const void *read_from(const void *matrix, int64_t offset, size_t size) {
  return matrix ? (const char *)matrix + (size_t)offset * size : NULL;
}

// Returns a stored matrix rounded to bfloat16, with contiguous rows.
static const void *rounded(const sp_compute *compute, int factor, int64_t rows, int64_t columns, int64_t step,
                           const float *matrix) {
  if (columns == step) {
    columns *= rows;
    rows = 1;
  }
  for (int64_t i = 0; i < rows; i++) {
    sp_bfloat16_from(columns, matrix + i * step, (uint16_t *)compute->rounded[factor] + i * columns);
  }
  return compute->rounded[factor];
}

static void round_factors(const sp_compute *compute, sp_product_part *part, const void **a, const void **b) {
  const sp_product_shape *s = &part->shape;
  *a = s->a_transposed ? rounded(compute, 0, s->k, s->m, part->a_step, *a)
                       : rounded(compute, 0, s->m, s->k, part->a_step, *a);
  *b = s->b_transposed ? rounded(compute, 1, s->n, s->k, part->b_step, *b)
                       : rounded(compute, 1, s->k, s->n, part->b_step, *b);
  *part = with_own_factors(*part);
}

// Fills C with NaN (all bits set), so that a product that failed stops the run like any value that is not finite.
static void spoil(const sp_product_part *part, size_t size, char *c) {
  for (int64_t i = 0; i < part->shape.m; i++) {
    memset(c + (size_t)(i * part->c_step) * size, 0xff, (size_t)part->shape.n * size);
  }
}

static void activate(const sp_product *product, const sp_product_part *part, size_t size, char *c) {
  int64_t rows = part->shape.m, columns = part->shape.n;
  if (columns == part->c_step) {
    columns *= rows;
    rows = 1;
  }
  for (int64_t i = 0; i < rows; i++) {
    sp_activate(product->compute->arithmetic.precision, product->after, columns, c + (size_t)(i * part->c_step) * size);
  }
}

static sp_product_job job_of(const sp_product *product, const sp_product_part *part, const void *a, const void *b,
                             const void *bias, void *c) {
  const sp_product_shape *s = &part->shape;
  return (sp_product_job){.m = s->m,
                          .n = s->n,
                          .k = s->k,
                          .a = a,
                          .b = b,
                          .bias = s->bias ? bias : NULL,
                          .a_row = s->a_transposed ? 1 : part->a_step,
                          .a_k = s->a_transposed ? part->a_step : 1,
                          .b_k = s->b_transposed ? 1 : part->b_step,
                          .b_column = s->b_transposed ? part->b_step : 1,
                          .c = c,
                          .c_step = part->c_step,
                          .relu = s->activation == SP_RELU,
                          .scratch = product->compute->scratch,
                          .cache = product->compute->cache};
}

static void run_kernel(const sp_product *product, const sp_product_job *job) {
  const sp_product_kernels *kernels = sp_product_kernels_of(sp_cpu());
  product->compute->arithmetic.precision == SP_FLOAT32 ? kernels->product_float(job) : kernels->product_double(job);
}

void sp_product_run_panel(const sp_product *product, int64_t panel, const void *a, const void *b, const void *bias,
                          void *c) {
  const sp_compute *compute = product->compute;
  const sp_product_shape *whole = &product->shape;
  sp_product_part part = panel_of(product, panel);
  sp_dtype precision = compute->arithmetic.precision;
  size_t size = sp_dtype_size(precision);
  int64_t begin = panel * product->extent;
  char *to = c;
  if (begin > 0 && whole->panels_of_rows) {
    a = read_from(a, whole->a_transposed ? begin : begin * whole->k, size);
    to += (size_t)(begin * whole->n) * size;
  } else if (begin > 0) {
    b = read_from(b, whole->b_transposed ? begin * whole->k : begin, size);
    bias = read_from(bias, begin, size);
    to += (size_t)begin * size;
  }
  if (compute->arithmetic.bfloat16) round_factors(compute, &part, &a, &b);
  const sp_onednn_product *fast = product->fast[product->fast[1] && panel == product->panels - 1];
  if (!fast) {
    const sp_product_job job = job_of(product, &part, a, b, bias, to);
    run_kernel(product, &job);
  } else if (!sp_onednn_product_run(fast, a, b, bias, to)) {
    spoil(&part, size, to);
  }
  if (product->after != SP_IDENTITY) activate(product, &part, size, to);
}

void sp_product_run(const sp_product *product, const void *a, const void *b, const void *bias, void *c) {
  for (int64_t panel = 0; panel < product->panels; panel++) sp_product_run_panel(product, panel, a, b, bias, c);
}

// --- over lanes ---------------------------------------------------------------------------------------------------

// Returns the columns [0, columns) of a matrix rounded to bfloat16, stored as float32 with contiguous rows.
static const void *rounded_wide(const sp_compute *compute, int factor, int64_t rows, int64_t columns, int64_t step,
                                const float *matrix) {
  float *to = compute->rounded[factor];
  for (int64_t i = 0; i < rows; i++) sp_bfloat16_round(columns, matrix + i * step, to + i * columns);
  return to;
}

void sp_product_run_lanes(const sp_product *product, int64_t panel, const sp_lane_rows *rows, const void *a,
                          const void *b, void *c) {
  const sp_compute *compute = product->compute;
  const size_t size = sp_dtype_size(compute->arithmetic.precision);
  const int64_t begin = panel * product->extent;
  sp_product_part part = panel_of(product, panel);
  const sp_product_shape *s = &part.shape;
  a = read_from(a, begin, size);
  if (compute->arithmetic.bfloat16) {
    a = rounded_wide(compute, 0, s->k, s->m, part.a_step, a);
    b = rounded_wide(compute, 1, s->k, s->n, part.b_step, b);
    part = with_own_factors(part);
  }
  sp_product_job job = job_of(product, &part, a, b, NULL, (char *)c + (size_t)(begin * s->n) * size);
  job.lanes = rows;
  run_kernel(product, &job);
}
