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
  sp_onednn_product *fast;  // NULL: plain C
  sp_activation after;      // what of the activation is left to do behind the product
  struct sp_product *next;
};

struct sp_compute {
  sp_dtype precision;
  sp_onednn *onednn;  // NULL: plain C
  sp_product *products;
};

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
    sp_onednn_product_free(product->fast);
    free(product);
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
         a->b_transposed == b->b_transposed && a->bias == b->bias && a->activation == b->activation;
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
  if (compute->onednn && shape->m > 0 && shape->n > 0 && shape->k > 0) {
    sp_status status = sp_onednn_product_create(compute->onednn, shape, &product->fast);
    if (status != SP_OK) {
      free(product);
      return status;
    }
    if (sp_onednn_fuses(shape->activation)) product->after = SP_IDENTITY;
  }
  product->next = compute->products;
  compute->products = product;
  *out = product;
  return SP_OK;
}

void sp_product_run(const sp_product *product, const void *a, const void *b, const void *bias, void *c) {
  const sp_product_shape *shape = &product->shape;
  sp_dtype precision = product->compute->precision;
  if (!product->fast) {
    sp_reference_product(precision, shape, a, b, bias, c);
  } else if (!sp_onednn_product_run(product->fast, a, b, bias, c)) {
    // All bits set is NaN: what cannot be computed stops the run, as everything that is not finite does.
    memset(c, 0xff, (size_t)(shape->m * shape->n) * sp_dtype_size(precision));
  }
  sp_activate(product->compute, product->after, shape->m * shape->n, c);
}
