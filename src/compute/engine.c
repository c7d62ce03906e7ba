// The engine: the precision, and the products that have been prepared.
// May include: base, compute.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "base/memory.h"
#include "compute/compute.h"
#include "compute/onednn.h"
#include "compute/reference.h"

struct sp_product {
  const sp_compute *compute;
  sp_product_shape shape;
  int64_t panels, extent;       // how many panels, and rows or columns of each but the last
  sp_onednn_product *fast[2];   // a panel, and the last one where it is smaller; NULL: plain C
  sp_activation after;          // what of the activation is left to do behind the product
  struct sp_product *next;
};

struct sp_compute {
  sp_dtype precision;
  sp_onednn *onednn;  // NULL: plain C
  sp_product *products;
};

static void product_free(sp_product *product) {
  for (int i = 0; i < 2; i++) sp_onednn_product_free(product->fast[i]);
  free(product);
}

sp_status sp_compute_create(sp_dtype precision, bool reference, sp_compute **out) {
  if (precision != SP_FLOAT32 && precision != SP_FLOAT64) {
    return sp_fail(SP_ERR_CONFIG, "precision: expected float32 or float64, got %s", sp_dtype_name(precision));
  }
  sp_compute *compute;
  SP_TRY(sp_allocate(1, sizeof *compute, "engine", &compute));
  compute->precision = precision;
  if (precision == SP_FLOAT32 && !reference) {
    sp_status status = sp_onednn_create(&compute->onednn);
    if (status != SP_OK) {
      free(compute);
      return status;
    }
  }
  *out = compute;
  return SP_OK;
}

void sp_compute_free(sp_compute *compute) {
  if (!compute) return;
  for (sp_product *product = compute->products; product;) {
    sp_product *next = product->next;
    product_free(product);
    product = next;
  }
  sp_onednn_free(compute->onednn);
  free(compute);
}

sp_dtype sp_compute_precision(const sp_compute *compute) { return compute->precision; }

const char *sp_compute_version(char buffer[128]) {
  char onednn[80];
#ifdef __GLIBC__
  snprintf(buffer, 128, "%s, glibc %s", sp_onednn_version(onednn, sizeof onednn), gnu_get_libc_version());
#else
  snprintf(buffer, 128, "%s", sp_onednn_version(onednn, sizeof onednn));
#endif
  return buffer;
}

// --- products -----------------------------------------------------------------------------------------------------

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

// A panel has about so many floating-point operations: a few milliseconds. It is no narrower than what products are
// fast at, and whole cache lines wide.
static void cut(sp_product *product) {
  enum { NARROWEST = 512, LINE = 64 };
  static const double most = 1 << 29;
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

static sp_product_shape panel_shape(const sp_product *product, int64_t panel) {
  sp_product_shape shape = product->shape;
  int64_t *whole = shape.panels_of_rows ? &shape.m : &shape.n, rest = *whole - panel * product->extent;
  *whole = rest < product->extent ? rest : product->extent;
  return shape;
}

static sp_status prepare(sp_onednn *onednn, sp_product *product) {
  sp_product_shape first = panel_shape(product, 0), last = panel_shape(product, product->panels - 1);
  SP_TRY(sp_onednn_product_create(onednn, &first, &product->shape, &product->fast[0]));
  if (same_shape(&first, &last)) return SP_OK;
  return sp_onednn_product_create(onednn, &last, &product->shape, &product->fast[1]);
}

sp_status sp_compute_product(sp_compute *compute, const sp_product_shape *shape, const sp_product **out) {
  for (const sp_product *known = compute->products; known; known = known->next) {
    if (same_shape(&known->shape, shape)) {
      *out = known;
      return SP_OK;
    }
  }
  SP_TRY(check_sizes(shape));
  sp_product *product;
  SP_TRY(sp_allocate(1, sizeof *product, "matrix product", &product));
  *product = (sp_product){.compute = compute, .shape = *shape, .after = shape->activation};
  cut(product);
  if (compute->onednn && shape->m > 0 && shape->n > 0 && shape->k > 0) {
    sp_status status = prepare(compute->onednn, product);
    if (status != SP_OK) {
      product_free(product);
      return status;
    }
    if (sp_onednn_fuses(shape->activation)) product->after = SP_IDENTITY;
  }
  product->next = compute->products;
  compute->products = product;
  *out = product;
  return SP_OK;
}

static const void *read_from(const void *matrix, int64_t offset, size_t size) {
  return matrix ? (const char *)matrix + (size_t)offset * size : NULL;
}

// All bits set is NaN: what cannot be computed stops the run, as everything that is not finite does.
static void spoil(const sp_product_shape *part, int64_t step, size_t size, char *c) {
  for (int64_t i = 0; i < part->m; i++) memset(c + (size_t)(i * step) * size, 0xff, (size_t)part->n * size);
}

static void activate(const sp_product *product, const sp_product_shape *part, size_t size, char *c) {
  int64_t step = product->shape.n;
  if (part->n == step) {
    sp_activate(product->compute, product->after, part->m * step, c);
  } else {
    for (int64_t i = 0; i < part->m; i++) {
      sp_activate(product->compute, product->after, part->n, c + (size_t)(i * step) * size);
    }
  }
}

void sp_product_run_panel(const sp_product *product, int64_t panel, const void *a, const void *b, const void *bias,
                          void *c) {
  const sp_product_shape *whole = &product->shape, part = panel_shape(product, panel);
  sp_dtype precision = product->compute->precision;
  size_t size = sp_dtype_size(precision);
  int64_t begin = panel * product->extent;
  char *to = c;
  if (panel > 0 && whole->panels_of_rows) {
    a = read_from(a, whole->a_transposed ? begin : begin * whole->k, size);
    to += (size_t)(begin * whole->n) * size;
  } else if (panel > 0) {
    b = read_from(b, whole->b_transposed ? begin * whole->k : begin, size);
    bias = read_from(bias, begin, size);
    to += (size_t)begin * size;
  }
  const sp_onednn_product *fast = product->fast[1] && panel == product->panels - 1 ? product->fast[1] : product->fast[0];
  if (!fast) {
    sp_reference_product(precision, &part, whole, a, b, bias, to);
  } else if (!sp_onednn_product_run(fast, a, b, bias, to)) {
    spoil(&part, whole->n, size, to);
  }
  if (product->after != SP_IDENTITY) activate(product, &part, size, to);
}

void sp_product_run(const sp_product *product, const void *a, const void *b, const void *bias, void *c) {
  for (int64_t panel = 0; panel < product->panels; panel++) sp_product_run_panel(product, panel, a, b, bias, c);
}
