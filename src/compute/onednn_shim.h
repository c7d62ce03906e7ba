// SPDX-License-Identifier: Apache-2.0
// A common interface to oneDNN 2.x and 3.x: version 3 has no operation descriptors, opaque memory descriptors, and no
// scale in element-wise post-ops. Included by onednn.c only.
#ifndef SP_COMPUTE_ONEDNN_SHIM_H
#define SP_COMPUTE_ONEDNN_SHIM_H

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

#if DNNL_VERSION_MAJOR >= 3

/// The descriptor of a memory object: owned, and borrowed.
typedef dnnl_memory_desc_t shim_desc;
typedef const_dnnl_memory_desc_t shim_borrowed_desc;

static inline dnnl_status_t shim_desc_create(shim_desc *desc, int rank, const dnnl_dims_t extents,
                                             dnnl_data_type_t type, const dnnl_dims_t strides) {
  return dnnl_memory_desc_create_with_strides(desc, rank, extents, type, strides);
}

static inline void shim_desc_free(shim_desc *desc) {
  if (*desc) dnnl_memory_desc_destroy(*desc);
}

static inline shim_borrowed_desc shim_borrow(const shim_desc *desc) { return *desc; }

static inline dnnl_status_t shim_post_activation(dnnl_post_ops_t post, dnnl_alg_kind_t kind) {
  return dnnl_post_ops_append_eltwise(post, kind, 0, 0);
}

static inline dnnl_status_t shim_matmul_create(dnnl_primitive_desc_t *out, dnnl_engine_t engine, const shim_desc *a,
                                               const shim_desc *b, const shim_desc *bias, const shim_desc *c,
                                               dnnl_primitive_attr_t attributes) {
  return dnnl_matmul_primitive_desc_create(out, engine, *a, *b, bias ? *bias : NULL, *c, attributes);
}

#else

typedef dnnl_memory_desc_t shim_desc;
typedef const dnnl_memory_desc_t *shim_borrowed_desc;

static inline dnnl_status_t shim_desc_create(shim_desc *desc, int rank, const dnnl_dims_t extents,
                                             dnnl_data_type_t type, const dnnl_dims_t strides) {
  return dnnl_memory_desc_init_by_strides(desc, rank, extents, type, strides);
}

static inline void shim_desc_free(shim_desc *desc) { (void)desc; }

static inline shim_borrowed_desc shim_borrow(const shim_desc *desc) { return desc; }

static inline dnnl_status_t shim_post_activation(dnnl_post_ops_t post, dnnl_alg_kind_t kind) {
  return dnnl_post_ops_append_eltwise(post, 1, kind, 0, 0);
}

static inline dnnl_status_t shim_matmul_create(dnnl_primitive_desc_t *out, dnnl_engine_t engine, const shim_desc *a,
                                               const shim_desc *b, const shim_desc *bias, const shim_desc *c,
                                               dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t operation;
  dnnl_status_t status = dnnl_matmul_desc_init(&operation, a, b, bias, c);
  return status == dnnl_success ? dnnl_primitive_desc_create(out, &operation, attributes, engine, NULL) : status;
}

#endif

static inline shim_borrowed_desc shim_scratchpad(const_dnnl_primitive_desc_t primitive) {
  return dnnl_primitive_desc_query_md(primitive, dnnl_query_scratchpad_md, 0);
}

#endif
