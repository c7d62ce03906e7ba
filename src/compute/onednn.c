// SPDX-License-Identifier: Apache-2.0
// Matrix products with oneDNN. This is the only file that calls it. A build without it has none of them.
#include "compute/onednn.h"

#include <stdio.h>

#ifdef SP_ONEDNN

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/onednn_shim.h"

struct sp_onednn {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  void *scratchpad;  // large enough for all products
  int64_t scratchpad_bytes;
  void *panel;  // result of products that are not computed in place
  int64_t panel_bytes;
};

enum { A, B, C, SCRATCHPAD, BIAS, ARGUMENTS };  // the bias is last because it is optional

struct sp_onednn_product {
  const sp_onednn *onednn;
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t argument[ARGUMENTS];
  int arguments;
  bool beside;  // computed in the panel and copied row by row
  int64_t rows;
  size_t row_bytes, step;  // of C: bytes in a row, and from one row to the next
};

static sp_status refused(dnnl_status_t status, const char *what) {
  return sp_fail(status == dnnl_out_of_memory ? SP_ERR_MEMORY : SP_ERR_LIBRARY, "oneDNN: %s: %s", what,
                 dnnl_status2str(status));
}

#define TRY(call, what)                                               \
  do {                                                                \
    dnnl_status_t try_status = (call);                                \
    if (try_status != dnnl_success) return refused(try_status, what); \
  } while (0)

// --- engine -------------------------------------------------------------------------------------------------------

static sp_status open_engine(sp_onednn *onednn) {
  TRY(dnnl_engine_create(&onednn->engine, dnnl_cpu, 0), "cannot create a CPU engine");
  TRY(dnnl_stream_create(&onednn->stream, onednn->engine, dnnl_stream_default_flags), "cannot create a stream");
  return SP_OK;
}

sp_status sp_onednn_create(sp_onednn **out) {
  sp_onednn *onednn;
  SP_TRY(sp_allocate(1, sizeof *onednn, "oneDNN", &onednn));
  omp_set_num_threads(1);  // before any primitive is created, because it affects how a primitive divides its work
  sp_status status = open_engine(onednn);
  if (status == SP_OK) {
    *out = onednn;
  } else {
    sp_onednn_free(onednn);
  }
  return status;
}

void sp_onednn_free(sp_onednn *onednn) {
  if (!onednn) return;
  if (onednn->stream) dnnl_stream_destroy(onednn->stream);
  if (onednn->engine) dnnl_engine_destroy(onednn->engine);
  free(onednn->scratchpad);
  free(onednn->panel);
  free(onednn);
}

// --- product ------------------------------------------------------------------------------------------------------

bool sp_onednn_fuses(sp_activation activation) { return activation == SP_TANH || activation == SP_SIGMOID; }

static dnnl_status_t attributes_create(sp_activation activation, dnnl_primitive_attr_t *out) {
  dnnl_status_t status = dnnl_primitive_attr_create(out);
  if (status == dnnl_success) status = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
  if (status != dnnl_success || !sp_onednn_fuses(activation)) return status;
  dnnl_post_ops_t post = NULL;
  status = dnnl_post_ops_create(&post);
  if (status == dnnl_success) {
    status = shim_post_activation(post, activation == SP_TANH ? dnnl_eltwise_tanh : dnnl_eltwise_logistic);
  }
  if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(*out, post);
  if (post) dnnl_post_ops_destroy(post);
  return status;
}

// Describes (rows, columns) within a larger matrix, whose stored rows are `step` values apart.
static dnnl_status_t matrix(int64_t rows, int64_t columns, bool transposed, int64_t step, dnnl_data_type_t type,
                            shim_desc *out) {
  const dnnl_dims_t extents = {rows, columns};
  const dnnl_dims_t strides = {transposed ? 1 : step, transposed ? step : 1};
  return shim_desc_create(out, 2, extents, type, strides);
}

static sp_status reserve(void **memory, int64_t *bytes, int64_t wanted) {
  if (wanted <= *bytes) return SP_OK;
  void *larger;
  SP_TRY(sp_allocate(wanted, 1, "scratchpad of a matrix product", &larger));
  free(*memory);
  *memory = larger;
  *bytes = wanted;
  return SP_OK;
}

static dnnl_status_t argument(sp_onednn_product *product, int which, int meaning, shim_borrowed_desc desc) {
  product->argument[which].arg = meaning;
  return dnnl_memory_create(&product->argument[which].memory, desc, product->onednn->engine, DNNL_MEMORY_NONE);
}

static sp_status primitive_create(sp_onednn *onednn, const shim_desc desc[ARGUMENTS], bool bias,
                                  dnnl_primitive_desc_t about, sp_onednn_product *product) {
  static const int meaning[ARGUMENTS] = {
      [A] = DNNL_ARG_SRC, [B] = DNNL_ARG_WEIGHTS, [C] = DNNL_ARG_DST, [BIAS] = DNNL_ARG_BIAS};
  TRY(dnnl_primitive_create(&product->primitive, about), "cannot create a matrix product");
  int64_t scratchpad_bytes = (int64_t)dnnl_memory_desc_get_size(shim_scratchpad(about));
  SP_TRY(reserve(&onednn->scratchpad, &onednn->scratchpad_bytes, scratchpad_bytes));
  if (product->beside) {
    SP_TRY(reserve(&onednn->panel, &onednn->panel_bytes, product->rows * (int64_t)product->row_bytes));
  }
  TRY(argument(product, SCRATCHPAD, DNNL_ARG_SCRATCHPAD, shim_scratchpad(about)), "no memory object");
  for (int i = A; i <= (bias ? BIAS : C); i++) {
    if (i != SCRATCHPAD) TRY(argument(product, i, meaning[i], shim_borrow(&desc[i])), "no memory object");
  }
  product->arguments = bias ? ARGUMENTS : BIAS;
  return SP_OK;
}

sp_status sp_onednn_product_create(sp_onednn *onednn, const sp_product_part *part, bool bfloat16,
                                   sp_onednn_product **out) {
  const sp_product_shape *s = &part->shape;
  const dnnl_data_type_t type = bfloat16 ? dnnl_bf16 : dnnl_f32;
  sp_onednn_product *product;
  SP_TRY(sp_allocate(1, sizeof *product, "matrix product", &product));
  product->onednn = onednn;
  // oneDNN's faster kernel requires contiguous matrices. A panel of B^T, whose columns are rows in memory, is
  // contiguous; C becomes contiguous in the panel. (128 x 4096 x 4096 in panels of 512 on Zen 4: 104 GF/s, in place
  // 87.)
  product->beside = s->b_transposed && s->n < part->c_step;
  product->rows = s->m;
  product->row_bytes = (size_t)s->n * sizeof(float);
  product->step = (size_t)part->c_step * sizeof(float);
  int64_t c_step = product->beside ? s->n : part->c_step;
  shim_desc desc[ARGUMENTS] = {0};
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_primitive_desc_t about = NULL;
  dnnl_status_t made = matrix(s->m, s->k, s->a_transposed, part->a_step, type, &desc[A]);
  if (made == dnnl_success) made = matrix(s->k, s->n, s->b_transposed, part->b_step, type, &desc[B]);
  if (made == dnnl_success) made = matrix(s->m, s->n, false, c_step, dnnl_f32, &desc[C]);
  if (made == dnnl_success) made = matrix(1, s->n, false, s->n, dnnl_f32, &desc[BIAS]);
  if (made == dnnl_success) made = attributes_create(s->activation, &attributes);
  if (made == dnnl_success) {
    made = shim_matmul_create(&about, onednn->engine, &desc[A], &desc[B], s->bias ? &desc[BIAS] : NULL, &desc[C],
                              attributes);
  }
  sp_status status = made == dnnl_success ? primitive_create(onednn, desc, s->bias, about, product)
                                          : refused(made, "cannot describe a matrix product");
  if (about) dnnl_primitive_desc_destroy(about);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  for (int i = 0; i < ARGUMENTS; i++) shim_desc_free(&desc[i]);
  if (status == SP_OK) {
    *out = product;
    return SP_OK;
  }
  sp_onednn_product_free(product);
  return sp_context(status, "product (%lld x %lld) (%lld x %lld)", (long long)s->m, (long long)s->k, (long long)s->k,
                    (long long)s->n);
}

void sp_onednn_product_free(sp_onednn_product *product) {
  if (!product) return;
  for (int i = 0; i < ARGUMENTS; i++) {
    if (product->argument[i].memory) dnnl_memory_destroy(product->argument[i].memory);
  }
  if (product->primitive) dnnl_primitive_destroy(product->primitive);
  free(product);
}

static bool point(const sp_onednn_product *product, int which, const void *data) {
  union {
    const void *borrowed;
    void *handle;
  } at = {data};  // oneDNN has no const handle for memory
  return dnnl_memory_set_data_handle(product->argument[which].memory, at.handle) == dnnl_success;
}

bool sp_onednn_product_run(const sp_onednn_product *product, const void *a, const void *b, const void *bias, void *c) {
  const sp_onednn *onednn = product->onednn;
  bool made =
      point(product, A, a) && point(product, B, b) && point(product, C, product->beside ? onednn->panel : c) &&
      point(product, SCRATCHPAD, onednn->scratchpad) && (product->arguments <= BIAS || point(product, BIAS, bias)) &&
      dnnl_primitive_execute(product->primitive, onednn->stream, product->arguments, product->argument) == dnnl_success;
  for (int64_t i = 0; product->beside && i < product->rows; i++) {
    memcpy((char *)c + (size_t)i * product->step, (char *)onednn->panel + (size_t)i * product->row_bytes,
           product->row_bytes);
  }
  return made;
}

// --- CPU ----------------------------------------------------------------------------------------------------------

bool sp_onednn_has_bfloat16(void) {
  return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

const char *sp_onednn_instructions(void) {
  static const char prefix[] = "cpu_isa_";
  const char *name = dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa());
  return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : name;
}

const char *sp_onednn_version(char *buffer, size_t size) {
  const dnnl_version_t *version = dnnl_version();
  snprintf(buffer, size, "oneDNN %d.%d.%d, %s", version->major, version->minor, version->patch,
           dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa()));
  return buffer;
}

#else

sp_status sp_onednn_create(sp_onednn **out) {
  (void)out;
  return sp_fail(SP_ERR_CONFIG, "this build has no oneDNN");
}

void sp_onednn_free(sp_onednn *onednn) { (void)onednn; }

bool sp_onednn_fuses(sp_activation activation) {
  (void)activation;
  return false;
}

sp_status sp_onednn_product_create(sp_onednn *onednn, const sp_product_part *part, bool bfloat16,
                                   sp_onednn_product **out) {
  (void)onednn, (void)part, (void)bfloat16, (void)out;
  return sp_fail(SP_ERR_CONFIG, "this build has no oneDNN");
}

void sp_onednn_product_free(sp_onednn_product *product) { (void)product; }

bool sp_onednn_product_run(const sp_onednn_product *product, const void *a, const void *b, const void *bias, void *c) {
  (void)product, (void)a, (void)b, (void)bias, (void)c;
  return false;
}

bool sp_onednn_has_bfloat16(void) { return false; }

const char *sp_onednn_instructions(void) { return NULL; }

const char *sp_onednn_version(char *buffer, size_t size) {
  snprintf(buffer, size, "without oneDNN");
  return buffer;
}

#endif
